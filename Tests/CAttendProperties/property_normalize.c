#include "property_rows.h"
#include "property_support.h"

enum { SOFTMAX, LOG_SOFTMAX, LAYER_NORM, RMS_NORM, ADD_RMS_NORM, KINDS };
static const char *const names[KINDS] = {"softmax", "log_softmax", "layer_norm", "rms_norm", "add_rms_norm"};

// One call of any kernel that works row by row.
typedef struct a_call {
  int kind;
  size_t width, xs, os;
  float scale, epsilon, offset;
  const float *x, *y, *weight, *bias;
} a_call;

static void run(const at_row_kernels *rows, const a_call *a, size_t first, size_t count, float *sum, float *out) {
  const float *x = a->x + first * a->xs;
  switch (a->kind) {
    case SOFTMAX: rows->softmax(count, a->width, a->scale, x, a->xs, out, a->os); break;
    case LOG_SOFTMAX: rows->log_softmax(count, a->width, x, a->xs, out, a->os); break;
    case LAYER_NORM:
      rows->layer_norm(count, a->width, a->epsilon, x, a->xs, a->weight, a->bias, out, a->os);
      break;
    case RMS_NORM: rows->rms_norm(count, a->width, a->epsilon, a->offset, x, a->xs, a->weight, out, a->os); break;
    case ADD_RMS_NORM:
      rows->add_rms_norm(count, a->width, a->epsilon, a->offset, x, a->y + first * a->width, a->weight, sum, out);
      break;
  }
}

// The result may overwrite the input, and a sum either of its terms.
static void check_in_place(check *c, const at_row_kernels *rows, const a_call *call, size_t count, const float *sum,
                           const float *out) {
  a_call a = *call;
  bool adds = a.kind == ADD_RMS_NORM;
  if (a.xs != a.os) return;
  size_t total = count * a.xs;
  float *copy = floats_for(total), *result = adds ? floats_for(total) : copy;
  bool second = adds && chance(c, 2);
  memcpy(copy, second ? a.y : a.x, total * sizeof *copy);
  if (second) a.y = copy; else a.x = copy;
  run(rows, &a, 0, count, copy, result);
  bool same = !adds || same_bits(total, copy, sum);
  for (size_t row = 0; row < count; row++) same &= same_bits(a.width, result + row * a.os, out + row * a.os);
  if (!same) report(c, "%s of %zu × %zu in place differs", names[a.kind], count, a.width);
  if (adds) free(result);
  free(copy);
}

// The absolute error that rounding in another order explains.
static float allowed_error(const a_call *a, const float *x, float size) {
  if (a->kind == SOFTMAX) return 1e-36f;  // its terms keep a small relative error; what is near a denormal may be 0
  if (a->kind == LOG_SOFTMAX) return 1e-6f * size;
  if (a->kind != LAYER_NORM) return 3e-6f;
  // The rounding of the mean, times what it is then multiplied by.
  double mean = 0, variance = 0;
  for (size_t i = 0; i < a->width; i++) mean += x[i] / (double)a->width;
  for (size_t i = 0; i < a->width; i++) variance += (x[i] - mean) * (x[i] - mean) / (double)a->width;
  return 3e-6f + 2e-7f * size / (float)sqrt(variance + a->epsilon);
}

static void check_rows(check *c, const at_row_kernels *rows) {
  a_call a = {.kind = (int)below(c, KINDS), .width = any_length(c), .epsilon = 1e-5f, .offset = (float)below(c, 2)};
  size_t count = below(c, 5), pad = a.kind == ADD_RMS_NORM ? 0 : below(c, 4);
  a.xs = a.width + pad;
  a.os = a.width + (pad ? below(c, 4) : 0);
  a.scale = chance(c, 4) ? -uniform(c) : 1;
  float size = chance(c, 4) ? 60 : 3;
  // Infinities and NaN only where they have a meaning.
  bool special = a.kind <= LOG_SOFTMAX && chance(c, 4);
  float *x = random_row(c, count * a.xs, size, special), *y = random_row(c, count * a.width, 2, false);
  if (a.kind <= LOG_SOFTMAX && count > 0 && chance(c, 3)) {  // a row that may see nothing
    a.scale = 1;
    for (size_t i = 0; i < a.width; i++) x[i] = -INFINITY;
    if (a.width > 0 && chance(c, 4)) x[below(c, a.width)] = NAN;
  }
  float *weight = random_row(c, a.width, 1, false), *bias = random_row(c, a.width, 1, false);
  a.x = x;
  a.y = y;
  a.weight = chance(c, 4) ? NULL : weight;
  a.bias = chance(c, 4) ? NULL : bias;
  float *out = floats_for(count * a.os), *expected = floats_for(count * a.os), *alone = floats_for(a.os);
  float *sum = floats_for(count * a.width), *expected_sum = floats_for(count * a.width), *sum_alone = floats_for(a.width);

  run(rows, &a, 0, count, sum, out);
  run(&at_rows_portable, &a, 0, count, expected_sum, expected);
  for (size_t row = 0; row < count; row++) {
    const float *got = out + row * a.os, *wanted = expected + row * a.os;
    float absolute = allowed_error(&a, x + row * a.xs, size);
    size_t at = first_difference(a.width, got, wanted, absolute, 3e-6f);
    if (at < a.width)
      report(c, "%s, row %zu of %zu × %zu: element %zu is %a, portable %a", names[a.kind], row, count, a.width, at,
             got[at], wanted[at]);
    run(rows, &a, row, 1, sum_alone, alone);
    if (!same_bits(a.width, alone, got))
      report(c, "%s, row %zu of %zu × %zu differs from the row alone", names[a.kind], row, count, a.width);
  }
  if (a.kind == ADD_RMS_NORM && !same_bits(count * a.width, sum, expected_sum)) report(c, "add_rms_norm: wrong sum");
  check_in_place(c, rows, &a, count, sum, out);
  float *all[] = {x, y, weight, bias, out, expected, alone, sum, expected_sum, sum_alone};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

static void check_reduce(check *c, const at_row_kernels *rows) {
  at_reduction op = (at_reduction)below(c, AT_REDUCTION_COUNT);
  size_t count = any_length(c);
  float *x = random_row(c, count, 10, chance(c, 4));
  float got = rows->reduce(op, count, x), wanted = at_rows_portable.reduce(op, count, x), magnitude = 0;
  for (size_t i = 0; i < count; i++) magnitude += fabsf(x[i]);
  bool sums = op == AT_SUM || op == AT_SUM_SQUARES;
  // Special values near the largest float overflow in one order of summation and not in another.
  bool overflows = sums && !(magnitude < 1e18f);
  if (!overflows && !close_to(got, wanted, op == AT_SUM ? 1e-6f * magnitude : 0, op == AT_SUM_SQUARES ? 1e-6f : 0))
    report(c, "reduction %d of %zu gives %a, portable %a", op, count, got, wanted);
  free(x);
}

static void check_rotary(check *c, const at_row_kernels *rows) {
  size_t heads = below(c, 5), half = below(c, 70), width = 2 * half + below(c, 5), gap = below(c, 3);
  bool halves = chance(c, 2);
  size_t total = heads * (width + gap);
  float *x = random_row(c, total, 2, false), *cosines = floats_for(half), *sines = floats_for(half);
  for (size_t i = 0; i < half; i++) {
    float angle = 4 * uniform(c);
    cosines[i] = cosf(angle);
    sines[i] = sinf(angle);
  }
  float *out = calloc(total + 1, sizeof(float)), *expected = calloc(total + 1, sizeof(float));
  rows->rotary(heads, width, 2 * half, halves, cosines, sines, x, width + gap, out, width + gap);
  at_rows_portable.rotary(heads, width, 2 * half, halves, cosines, sines, x, width + gap, expected, width + gap);
  size_t at = first_difference(total, out, expected, 5e-7f, 1e-6f);
  if (at < total)
    report(c, "rotary of %zu × %zu, %zu turned, halves %d: element %zu is %a, portable %a", heads, width, 2 * half,
           halves, at, out[at], expected[at]);
  rows->rotary(heads, width, 2 * half, halves, cosines, sines, x, width + gap, x, width + gap);
  for (size_t head = 0; head < heads; head++)
    if (!same_bits(width, x + head * (width + gap), out + head * (width + gap))) report(c, "rotary in place differs");
  float *all[] = {x, cosines, sines, out, expected};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

int at_property_normalize(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  check c = {.state = seed, .fail = fail};
  for (int i = 0; i < cases; i++) {
    check_rows(&c, level->rows);
    check_reduce(&c, level->rows);
    check_rotary(&c, level->rows);
  }
  return c.failures;
}
