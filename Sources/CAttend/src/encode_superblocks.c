// Encoders of super-blocks of 256. The layouts are in product_superblocks.c.
//
// Blocks are fitted one by one; their scales (and minima) are then rounded to small integers times a number of half
// precision that the super-block shares. For the codes that follow, regression gives scales once more; where rounding
// these anew lowers a block's error, they are taken.
#include <string.h>
#include "encode.h"
#include "encode_search.h"

static int clamped_integer(float x, int low, int high) {
  return (int)at_nearest(at_clamped(x, (float)low, (float)high));
}

static float weighted_error(
    int n, const float *x, const float *weight, const int8_t *codes, float scale, float minimum) {
  float errors[AT_LANES] = {0};
  for (int i = 0; i < n; i += AT_LANES)
    for (int j = 0; j < AT_LANES; j++) {
      float error = scale * (float)codes[i + j] + minimum - x[i + j];
      errors[j] += weight[i + j] * error * error;
    }
  return at_sum_of_lanes(errors);
}

// ---- Q4_K and Q5_K: eight blocks of 32 with scale and minimum --------------------------------------------

// A block's two integers and its codes.
typedef struct factored {
  int scale, minimum;
  int8_t codes[32];
} factored;

static void code_block(const float *x, int top, float d, float m, factored *block) {
  at_codes(32, 0, top, d * (float)block->scale, -(m * (float)block->minimum), x, block->codes);
}

// The line that fits these codes best.
static at_line regression(const float *x, const float *weight, const int8_t *codes) {
  double one = 0, sum = 0, code = 0, product = 0, square = 0;
  for (int i = 0; i < 32; i++) {
    double weighted = (double)weight[i] * codes[i];
    one += weight[i];
    sum += (double)weight[i] * x[i];
    code += weighted;
    product += weighted * x[i];
    square += weighted * codes[i];
  }
  double determinant = one * square - code * code;
  if (!(determinant > 0)) return (at_line){0, 0};
  at_line line = {(float)((one * product - sum * code) / determinant), (float)((square * sum - code * product) / determinant)};
  if (line.minimum > 0) line = (at_line){(float)(product / square), 0};
  return line;
}

static void refine(const float *x, const float *weight, int top, float d, float m, factored *block) {
  if (d == 0) return;
  at_line line = regression(x, weight, block->codes);
  if (!(line.scale > 0)) return;
  factored other;
  other.scale = clamped_integer(line.scale / d, 0, 63);
  other.minimum = m == 0 ? 0 : clamped_integer(-line.minimum / m, 0, 63);
  code_block(x, top, d, m, &other);
  float before = weighted_error(32, x, weight, block->codes, d * (float)block->scale, -(m * (float)block->minimum));
  float after = weighted_error(32, x, weight, other.codes, d * (float)other.scale, -(m * (float)other.minimum));
  if (after < before) *block = other;
}

// Six bits each: the first four have bytes of their own, whose upper bits hold the upper bits of the last four.
static void put_six_bits(const factored *blocks, uint8_t *packed) {
  memset(packed, 0, 12);
  for (int j = 0; j < 8; j++) {
    unsigned scale = (unsigned)blocks[j].scale, minimum = (unsigned)blocks[j].minimum;
    if (j < 4) {
      packed[j] |= (uint8_t)scale;
      packed[j + 4] |= (uint8_t)minimum;
    } else {
      packed[j + 4] = (uint8_t)((scale & 15) | (minimum & 15) << 4);
      packed[j - 4] |= (uint8_t)(scale >> 4 << 6);
      packed[j] |= (uint8_t)(minimum >> 4 << 6);
    }
  }
}

static bool encode_lined(int top, const float *x, uint8_t *unit) {
  float weight[256], d, m, largest_scale = 0, largest_minimum = 0;
  at_line lines[8];
  factored blocks[8];
  for (int j = 0; j < 8; j++) {
    at_importance(32, x + 32 * j, weight + 32 * j);
    lines[j] = at_fit_line(32, top, true, x + 32 * j, weight + 32 * j);
    largest_scale = lines[j].scale > largest_scale ? lines[j].scale : largest_scale;
    largest_minimum = -lines[j].minimum > largest_minimum ? -lines[j].minimum : largest_minimum;
  }
  if (!at_put_half(largest_scale / 63, unit, &d) || !at_put_half(largest_minimum / 63, unit + 2, &m)) return false;
  for (int j = 0; j < 8; j++) {
    blocks[j].scale = d == 0 ? 0 : clamped_integer(lines[j].scale / d, 0, 63);
    blocks[j].minimum = m == 0 ? 0 : clamped_integer(-lines[j].minimum / m, 0, 63);
    code_block(x + 32 * j, top, d, m, &blocks[j]);
    refine(x + 32 * j, weight + 32 * j, top, d, m, &blocks[j]);
  }
  put_six_bits(blocks, unit + 4);
  bool has_high_bits = top == 31;
  uint8_t *high = unit + 16, *low = unit + (has_high_bits ? 48 : 16);
  if (has_high_bits) memset(high, 0, 32);
  for (int j = 0; j < 8; j++)
    for (int i = 0; i < 32; i++) {
      int code = blocks[j].codes[i];
      uint8_t *byte = low + j / 2 * 32 + i;
      *byte = (uint8_t)(j % 2 == 0 ? code & 15 : *byte | (code & 15) << 4);
      if (has_high_bits) high[i] |= (uint8_t)((code >> 4) << j);
    }
  return true;
}

// ---- Q6_K: sixteen blocks of 16 with a scale -------------------------------------------------------------

static bool encode_q6_k(const float *x, uint8_t *unit) {
  float scales[16], d, largest = 0;
  for (int j = 0; j < 16; j++) {
    float weight[16];
    at_importance(16, x + 16 * j, weight);
    scales[j] = at_fit_scale(16, 32, x + 16 * j, weight);
    if (fabsf(scales[j]) > fabsf(largest)) largest = scales[j];
  }
  // The largest scale gets −128, of which there is one more than of positive ones.
  if (!at_put_half(-largest / 128, unit + 208, &d)) return false;
  memset(unit, 0, 192);
  for (int j = 0; j < 16; j++) {
    int8_t codes[16];
    int scale = d == 0 ? 0 : clamped_integer(scales[j] / d, -128, 127);
    unit[192 + j] = (uint8_t)(int8_t)scale;
    at_codes(16, -32, 31, d * (float)scale, 0, x + 16 * j, codes);
    for (int i = 0; i < 16; i++) {
      int index = j / 2, place = j % 2 * 16 + i;
      unsigned code = (unsigned)(codes[i] + 32);
      unit[index / 4 * 64 + index % 2 * 32 + place] |= (uint8_t)((code & 15) << (index % 4 / 2 * 4));
      unit[128 + index / 4 * 32 + place] |= (uint8_t)((code >> 4) << (index % 4 * 2));
    }
  }
  return true;
}

bool at_encode_superblock(at_source format, const float *x, uint8_t *unit) {
  switch (format) {
    case AT_SOURCE_Q4_K: return encode_lined(15, x, unit);
    case AT_SOURCE_Q5_K: return encode_lined(31, x, unit);
    case AT_SOURCE_Q6_K: return encode_q6_k(x, unit);
    default: return false;
  }
}
