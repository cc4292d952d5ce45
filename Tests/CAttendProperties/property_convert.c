#include "property_rows.h"
#include "property_support.h"

// The portable conversions are the specification, so they are held against arithmetic here: a half's value is
// (−1)^s · 2^(e − 15) · 1.f, or 2^−14 · 0.f.
static double value_of(at_element element, uint16_t half) {
  int fraction_bits = element == AT_F16 ? 10 : 7, bias = element == AT_F16 ? 15 : 127;
  int exponent = half >> fraction_bits & (element == AT_F16 ? 31 : 255), fraction = half & ((1 << fraction_bits) - 1);
  double magnitude = exponent ? ldexp(1 + ldexp(fraction, -fraction_bits), exponent - bias)
                              : ldexp(fraction, 1 - bias - fraction_bits);
  if (exponent == (element == AT_F16 ? 31 : 255)) magnitude = fraction ? NAN : INFINITY;
  return half >> 15 ? -magnitude : magnitude;
}

// Every 16-bit number there and back.
static void check_all_halves(check *c, const at_row_kernels *rows, at_element element) {
  enum { ALL = 1 << 16 };
  uint16_t *half = bytes_for(ALL * sizeof *half), *back = bytes_for(ALL * sizeof *back);
  float *wide = floats_for(ALL);
  for (size_t i = 0; i < ALL; i++) half[i] = (uint16_t)i;
  rows->to_f32(element, ALL, half, wide);
  rows->from_f32(element, ALL, wide, back);
  for (size_t i = 0; i < ALL; i++) {
    double value = value_of(element, half[i]);
    bool nan = value != value;
    if (nan ? wide[i] == wide[i] : (double)wide[i] != value) {
      report(c, "element %d: %#06x becomes %a", element, half[i], wide[i]);
      break;
    }
    if (nan ? value_of(element, back[i]) == value_of(element, back[i]) : back[i] != half[i]) {
      report(c, "element %d: %#06x comes back as %#06x", element, half[i], back[i]);
      break;
    }
  }
  free(half);
  free(back);
  free(wide);
}

// x rounds to the nearer neighbour among the 16-bit numbers, in a tie to the even one.
static bool rounds_well(at_element element, float x, uint16_t half) {
  uint16_t infinity = element == AT_F16 ? 0x7c00 : 0x7f80, magnitude = half & 0x7fff;
  if (x != x) return magnitude > infinity;
  if ((half >> 15 != 0) != (signbit(x) != 0)) return false;
  double wanted = fabs((double)x);
  // Beyond the largest number the next step of the grid stands for infinity.
  double largest = value_of(element, infinity - 1), step = largest - value_of(element, infinity - 2);
  if (magnitude == infinity) return wanted >= largest + step / 2;
  double error = fabs(value_of(element, magnitude) - wanted);
  double above = magnitude + 1 == infinity ? largest + step : value_of(element, (uint16_t)(magnitude + 1));
  double above_error = above - wanted;
  double below_error = magnitude ? wanted - value_of(element, (uint16_t)(magnitude - 1)) : INFINITY;
  bool even = (magnitude & 1) == 0;
  return (even ? error <= above_error : error < above_error) && (even ? error <= below_error : error < below_error);
}

static void check_random(check *c, const at_row_kernels *rows, at_element element) {
  size_t count = any_length(c);
  float *x = random_row(c, count, 1, true), *wide = floats_for(count), *expected = floats_for(count);
  for (size_t i = 0; i < count; i++) {
    if (chance(c, 2)) x[i] = ldexpf(x[i], (int)below(c, 60) - 40);
    // Exactly between two halves.
    uint16_t half = (uint16_t)draw(c);
    double middle = (value_of(element, half) + value_of(element, (uint16_t)(half ^ 1))) / 2;
    if (chance(c, 4)) x[i] = (float)middle;
  }
  size_t size = element == AT_F32 ? sizeof(float) : sizeof(uint16_t);
  void *out = bytes_for(count * size);
  rows->from_f32(element, count, x, out);
  rows->to_f32(element, count, out, wide);
  for (size_t i = 0; i < count; i++) {
    bool right = element == AT_F32 ? same_bits(1, x + i, wide + i) : rounds_well(element, x[i], ((uint16_t *)out)[i]);
    if (right) continue;
    report(c, "element %d: %a of %zu becomes %a", element, x[i], count, wide[i]);
    break;
  }
  at_rows_portable.to_f32(element, count, out, expected);
  if (!same_bits(count, wide, expected)) report(c, "element %d: to_f32 of %zu differs from portable", element, count);
  free(x);
  free(wide);
  free(expected);
  free(out);
}

int at_property_convert(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  check c = {.state = seed, .fail = fail};
  check_all_halves(&c, level->rows, AT_BF16);
  check_all_halves(&c, level->rows, AT_F16);
  for (int i = 0; i < cases; i++) check_random(&c, level->rows, (at_element)below(&c, 3));
  return c.failures;
}
