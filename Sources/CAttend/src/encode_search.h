// The search for a block's scale, or scale and minimum, by weighted least squares.
//
// Codes are whole numbers, so the best scale has no formula. Each of some twenty scales around the one that just spans
// the block gives codes; for these codes the best scale has one (linear regression); the pair with the smallest squared
// error wins. An element's error counts by the block's root mean square plus its own magnitude: large weights matter
// more, since they move a sum more often than not with the activations they were learned from.
#pragma once
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

enum { AT_LANES = 8, AT_STEPS = 9 };

// Blocks whose elements are all closer to zero are zero in every format: half precision ends at 6e−8.
#define AT_NOTHING 1e-20f

// To the nearest whole number, ties to even; |x| below 2^22. (`roundf` is a function call where SSE4 may be missing.)
static inline float at_nearest(float x) { return (x + 12582912.0f) - 12582912.0f; }

static inline float at_clamped(float x, float low, float high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}

static inline float at_sum_of_lanes(const float *lanes) {
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

// What each element's squared error counts.
static inline void at_importance(int n, const float *x, float *weight) {
  float squares[AT_LANES] = {0};
  for (int i = 0; i < n; i += AT_LANES)
    for (int j = 0; j < AT_LANES; j++) squares[j] += x[i + j] * x[i + j];
  float root = sqrtf(at_sum_of_lanes(squares) / (float)n);
  for (int i = 0; i < n; i++) weight[i] = root + fabsf(x[i]);
}

// The element with the largest magnitude, sign included.
static inline float at_extreme(int n, const float *x) {
  float extreme = 0;
  for (int i = 0; i < n; i++)
    if (fabsf(x[i]) > fabsf(extreme)) extreme = x[i];
  return extreme;
}

// x ≈ scale · q with codes from −limit to limit − 1. `n` is a multiple of 8.
static inline float at_fit_scale(int n, int limit, const float *x, const float *weight) {
  float extreme = at_extreme(n, x);
  if (fabsf(extreme) < AT_NOTHING) return 0;
  float low = (float)-limit, high = (float)(limit - 1);
  double best = -1, scale = 0;
  for (int step = -AT_STEPS; step <= AT_STEPS; step++) {
    // The extreme gets the code −limit: the codes have one more number on that side.
    float inverse = -((float)limit + 0.1f * (float)step) / extreme;
    float products[AT_LANES] = {0}, squares[AT_LANES] = {0};
    for (int i = 0; i < n; i += AT_LANES)
      for (int j = 0; j < AT_LANES; j++) {
        float code = at_clamped(at_nearest(inverse * x[i + j]), low, high), weighted = weight[i + j] * code;
        products[j] += weighted * x[i + j];
        squares[j] += weighted * code;
      }
    double product = at_sum_of_lanes(products), square = at_sum_of_lanes(squares);
    // The error is Σ w x² − product² / square.
    if (square > 0 && product * product > best * square) {
      best = product * product / square;
      scale = product / square;
    }
  }
  return (float)scale;
}

typedef struct at_line {
  float scale, minimum;
} at_line;

// x ≈ scale · q + minimum with codes from 0 to `top`. `n` is a multiple of 8.
// `below_zero`: the format has no minimum above zero.
static inline at_line at_fit_line(int n, int top, bool below_zero, const float *x, const float *weight) {
  float least = x[0], most = x[0];
  for (int i = 1; i < n; i++) {
    least = x[i] < least ? x[i] : least;
    most = x[i] > most ? x[i] : most;
  }
  if (below_zero && least > 0) least = 0;
  float range = most - least, high = (float)top;
  if (!(range > AT_NOTHING && range > 1e-6f * fabsf(least))) return (at_line){0, least};
  float all[AT_LANES] = {0}, sums[AT_LANES] = {0}, energies[AT_LANES] = {0};
  for (int i = 0; i < n; i += AT_LANES)
    for (int j = 0; j < AT_LANES; j++) {
      float weighted = weight[i + j] * x[i + j];
      all[j] += weight[i + j];
      sums[j] += weighted;
      energies[j] += weighted * x[i + j];
    }
  double one = at_sum_of_lanes(all), sum = at_sum_of_lanes(sums), energy = at_sum_of_lanes(energies);
  at_line line = {range / high, least};
  double best = INFINITY;
  for (int step = -AT_STEPS; step <= AT_STEPS; step++) {
    float inverse = (high + 0.1f * (float)step) / range;
    float codes[AT_LANES] = {0}, products[AT_LANES] = {0}, squares[AT_LANES] = {0};
    for (int i = 0; i < n; i += AT_LANES)
      for (int j = 0; j < AT_LANES; j++) {
        float code = at_clamped(at_nearest(inverse * (x[i + j] - least)), 0, high), weighted = weight[i + j] * code;
        codes[j] += weighted;
        products[j] += weighted * x[i + j];
        squares[j] += weighted * code;
      }
    double code = at_sum_of_lanes(codes), product = at_sum_of_lanes(products), square = at_sum_of_lanes(squares);
    double determinant = one * square - code * code;
    if (!(determinant > 0)) continue;
    double scale = (one * product - sum * code) / determinant, minimum = (square * sum - code * product) / determinant;
    if (below_zero && minimum > 0) {
      scale = product / square;
      minimum = 0;
    }
    double error = energy - scale * product - minimum * sum;
    if (scale > 0 && error < best) {
      best = error;
      line = (at_line){(float)scale, (float)minimum};
    }
  }
  return line;
}

// The codes of x ≈ scale · q + minimum for a scale and a minimum that are what the file keeps.
static inline void at_codes(
    int n, int low, int high, float scale, float minimum, const float *x, int8_t *codes) {
  float inverse = scale == 0 ? 0 : 1 / scale;
  for (int i = 0; i < n; i++) {
    // Clamped before it is rounded, so that a scale far below the elements does no harm.
    float code = at_clamped((x[i] - minimum) * inverse, (float)low, (float)high);
    codes[i] = (int8_t)at_nearest(code);
  }
}
