#include "property_rows.h"
#include "property_support.h"

static void check_random(check *c, const at_row_kernels *rows) {
  size_t count = any_length(c);
  // Places around the ends of blocks, groups and 32 bits of block number.
  uint64_t first = chance(c, 3) ? (1ull << 34) - below(c, 100) : below(c, 300);
  uint64_t seed = draw(c), stream = draw(c);
  uint32_t *out = bytes_for(count * sizeof *out), *expected = bytes_for(count * sizeof *out);
  rows->random_bits(seed, stream, first, count, out);
  at_rows_portable.random_bits(seed, stream, first, count, expected);
  if (memcmp(out, expected, count * sizeof *out) != 0)
    report(c, "random bits %llu..<+%zu differ from the portable ones", (unsigned long long)first, count);

  float *x = random_row(c, count, 3, true), *dropped = floats_for(count);
  uint32_t threshold = (uint32_t)draw(c);
  rows->dropout(seed, stream, first, count, threshold, 1.25f, x, dropped);
  for (size_t i = 0; i < count; i++) {
    float wanted = expected[i] >= threshold ? x[i] * 1.25f : 0.0f;
    if (same_bits(1, dropped + i, &wanted)) continue;
    report(c, "dropout of element %zu of %zu gives %a, expected %a", i, count, dropped[i], wanted);
    break;
  }
  // In place.
  rows->dropout(seed, stream, first, count, threshold, 1.25f, x, x);
  if (!same_bits(count, x, dropped)) report(c, "dropout in place differs");
  free(out);
  free(expected);
  free(x);
  free(dropped);
}

// The four updates over p and up to two states.
static void update(const at_row_kernels *rows, int kind, size_t count, const float *g, float *p, float *m, float *v) {
  static const at_adam_step adam = {0.1f, 0.99f, 0.01f, 1e-6f, 0.02f, 3.0f, 0.99f, 0.01f};
  static const at_momentum_step plain = {0.1f, 0.9f, 0.01f, false}, nesterov = {0.1f, 0.9f, 0.01f, true};
  static const at_lion_step lion = {0.01f, 0.9f, 0.1f, 0.99f, 0.01f, 0.999f};
  if (kind == 0) rows->update_adam(&adam, count, g, p, m, v);
  if (kind == 1) rows->update_momentum(&plain, count, g, p, m);
  if (kind == 2) rows->update_momentum(&nesterov, count, g, p, m);
  if (kind == 3) rows->update_descent(0.1f, 0.01f, count, g, p);
  if (kind == 4) rows->update_lion(&lion, count, g, p, m);
}

static float *copy_of(const float *x, size_t count) {
  float *copy = floats_for(count);
  memcpy(copy, x, count * sizeof *x);
  return copy;
}

static void check_update(check *c, const at_row_kernels *rows) {
  int kind = (int)below(c, 5);
  size_t count = any_length(c);
  float *g = random_row(c, count, 2, false), *start[3], *out[3], *expected[3], *part[3];
  for (int i = 0; i < 3; i++) {
    start[i] = random_row(c, count, 1, false);
    if (i == 2) for (size_t j = 0; j < count; j++) start[i][j] = fabsf(start[i][j]);
    out[i] = copy_of(start[i], count);
    expected[i] = copy_of(start[i], count);
  }
  update(rows, kind, count, g, out[0], out[1], out[2]);
  update(&at_rows_portable, kind, count, g, expected[0], expected[1], expected[2]);
  for (int i = 0; i < 3; i++) {
    // Lion's sign may flip where the direction is a rounding error; that is two steps of 0.01.
    size_t at = first_difference(count, out[i], expected[i], kind == 4 && i == 0 ? 0.0201f : 1e-6f, 1e-6f);
    if (at < count)
      report(c, "update %d of %zu: element %zu of %d is %a, portable %a", kind, count, at, i, out[i][at], expected[i][at]);
  }
  // An element's result does not depend on where the work was cut.
  size_t begin = below(c, count + 1), length = below(c, count - begin + 1);
  for (int i = 0; i < 3; i++) part[i] = copy_of(start[i] + begin, length);
  update(rows, kind, length, g + begin, part[0], part[1], part[2]);
  for (int i = 0; i < 3; i++) {
    if (!same_bits(length, part[i], out[i] + begin))
      report(c, "update %d of %zu..<+%zu of %zu depends on its place", kind, begin, length, count);
    free(start[i]);
    free(out[i]);
    free(expected[i]);
    free(part[i]);
  }
  free(g);
}

int at_property_training(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  check c = {.state = seed, .fail = fail};
  for (int i = 0; i < cases; i++) {
    check_random(&c, level->rows);
    check_update(&c, level->rows);
  }
  return c.failures;
}
