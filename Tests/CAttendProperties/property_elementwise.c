#include "property_rows.h"
#include "property_support.h"

static const char *const unary_names[AT_UNARY_COUNT] = {
    "negate", "abs",  "exp",     "log", "sqrt", "rsqrt", "reciprocal", "square",   "sin",
    "cos",    "tanh", "sigmoid", "erf", "relu", "silu",  "gelu_erf",   "gelu_tanh"};

// Error allowed relative to the portable level, which uses the C library. In the far left tail of the activations the
// result's digits hang on those of x², so there the bound grows with it.
static float tolerance(at_unary op, float x) {
  switch (op) {
    case AT_NEGATE: case AT_ABS: case AT_RECIPROCAL: case AT_SQRT: case AT_SQUARE: case AT_RELU: return 0;
    case AT_GELU_ERF: case AT_GELU_TANH: return 1e-6f + (x < 0 ? 2e-7f * x * x : 0);
    default: return 8e-7f;
  }
}

// Rests of vectors go through the same arithmetic, so the same numbers at another place give the same bits.
static void check_place(check *c, const at_row_kernels *rows, at_unary op, size_t count, const float *x,
                        const float *out) {
  size_t begin = below(c, count + 1), part = below(c, count - begin + 1);
  float *again = floats_for(part);
  rows->unary(op, part, x + begin, again);
  if (!same_bits(part, again, out + begin))
    report(c, "%s of elements %zu..<%zu of %zu depends on its place", unary_names[op], begin, begin + part, count);
  free(again);
}

static void check_unary(check *c, const at_row_kernels *rows) {
  at_unary op = (at_unary)below(c, AT_UNARY_COUNT);
  size_t count = any_length(c);
  static const float sizes[] = {1e-3f, 1, 5, 20, 100, 1e6f};
  float *x = random_row(c, count, sizes[below(c, 6)], true), *out = floats_for(count), *expected = floats_for(count);
  rows->unary(op, count, x, out);
  at_rows_portable.unary(op, count, x, expected);
  for (size_t i = 0; i < count; i++) {
    // A subnormal result, or x times a subnormal factor, may be a few units off.
    float absolute = 3e-45f * (1 + fminf(fabsf(x[i]), 120));
    if (close_to(out[i], expected[i], absolute, tolerance(op, x[i]))) continue;
    report(c, "%s(%a) of %zu gives %a, portable %a", unary_names[op], x[i], count, out[i], expected[i]);
    break;
  }
  check_place(c, rows, op, count, x, out);
  // In place.
  rows->unary(op, count, x, x);
  if (!same_bits(count, x, out)) report(c, "%s in place differs", unary_names[op]);
  free(x);
  free(out);
  free(expected);
}

static void check_binary(check *c, const at_row_kernels *rows) {
  at_binary op = (at_binary)below(c, AT_BINARY_COUNT);
  size_t count = any_length(c), kind = below(c, 3);
  float *x = random_row(c, count, 3, true), *y = random_row(c, count, 3, true), scalar = 3 * uniform(c);
  float *out = floats_for(count), *expected = floats_for(count);
  const at_row_kernels *const levels[2] = {rows, &at_rows_portable};
  float *const results[2] = {out, expected};
  for (int i = 0; i < 2; i++) {
    if (kind == 0) levels[i]->binary(op, count, x, y, results[i]);
    if (kind == 1) levels[i]->binary_scalar(op, count, x, scalar, results[i]);
    if (kind == 2) levels[i]->scalar_binary(op, count, scalar, y, results[i]);
  }
  size_t at = first_difference(count, out, expected, 0, op == AT_POWER ? 2e-7f : 0);
  if (at < count)
    report(c, "binary %d kind %zu of %zu: element %zu is %a, portable %a", op, kind, count, at, out[at], expected[at]);
  // The result may overwrite either side.
  if (kind == 0 && chance(c, 2)) {
    float *target = chance(c, 2) ? x : y;
    rows->binary(op, count, x, y, target);
    if (!same_bits(count, target, out)) report(c, "binary %d in place differs", op);
  }
  free(x);
  free(y);
  free(out);
  free(expected);
}

static void check_gated(check *c, const at_row_kernels *rows) {
  at_unary op = (at_unary)below(c, AT_UNARY_COUNT);
  size_t count = any_length(c);
  float *gate = random_row(c, count, 4, false), *up = random_row(c, count, 2, false);
  float *out = floats_for(count), *expected = floats_for(count);
  rows->gated(op, count, gate, up, out);
  rows->unary(op, count, gate, expected);
  for (size_t i = 0; i < count; i++) expected[i] *= up[i];
  if (!same_bits(count, out, expected)) report(c, "gated %s of %zu is not activation times up", unary_names[op], count);

  float scale = uniform(c);
  rows->scale_add(count, gate, scale, up, out);
  at_rows_portable.scale_add(count, gate, scale, up, expected);
  size_t at = first_difference(count, out, expected, 1e-6f, 1e-6f);
  if (at < count) report(c, "scale_add of %zu: element %zu is %a, portable %a", count, at, out[at], expected[at]);
  free(gate);
  free(up);
  free(out);
  free(expected);
}

int at_property_elementwise(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  check c = {.state = seed, .fail = fail};
  for (int i = 0; i < cases; i++) {
    check_unary(&c, level->rows);
    check_binary(&c, level->rows);
    check_gated(&c, level->rows);
  }
  return c.failures;
}
