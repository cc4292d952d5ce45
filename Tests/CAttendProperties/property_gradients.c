// Properties of the derivatives of row-wise operations: agreement with the portable level; sums do not depend on how rows
// are cut into calls.
#include "property_rows.h"
#include "property_support.h"

static void check_unary(const at_kernels *level, check *check) {
  static const at_unary operations[] = {AT_RELU, AT_SILU, AT_GELU_ERF, AT_GELU_TANH};
  at_unary op = operations[below(check, 4)];
  size_t count = any_length(check);
  float *x = random_row(check, count, 6, false), *upstream = random_row(check, count, 1, false);
  float *got = floats_for(count), *wanted = floats_for(count);
  level->gradients->unary(op, count, x, upstream, got);
  at_kernels_at(AT_ISA_PORTABLE)->gradients->unary(op, count, x, upstream, wanted);
  size_t at = first_difference(count, got, wanted, 2e-6f, 2e-6f);
  if (at < count)
    report(check, "%s derivative of %d at %g: %.9g, not %.9g", level->name, (int)op, (double)x[at], (double)got[at],
           (double)wanted[at]);
  for (size_t i = 0; i < count; i += 1 + count / 5) {  // alone, and in place
    float own = upstream[i];
    level->gradients->unary(op, 1, x + i, &own, &own);
    if (!same_bits(1, &own, got + i)) report(check, "%s derivative of %d depends on its place", level->name, (int)op);
  }
  free(x), free(upstream), free(got), free(wanted);
}

static void check_norm(const at_kernels *level, check *check) {
  size_t width = 1 + any_length(check), rows = below(check, 12), count = rows * width;
  float *x = random_row(check, count, 3, false), *upstream = random_row(check, count, 1, false);
  float *weight = random_row(check, width, 2, false);
  at_norm norm = {.centred = chance(check, 2), .width = width, .epsilon = 0.01f,
                  .weight = chance(check, 4) ? NULL : weight, .offset = chance(check, 2) ? 1.0f : 0.0f};
  float *got = floats_for(count), *wanted = floats_for(count), *alone = floats_for(count);
  float *sums[6];
  for (int i = 0; i < 6; i++) {
    sums[i] = floats_for(width);
    for (size_t c = 0; c < width; c++) sums[i][c] = 0.5f;
  }
  level->gradients->norm(&norm, rows, x, upstream, got, sums[0], sums[1]);
  at_kernels_at(AT_ISA_PORTABLE)->gradients->norm(&norm, rows, x, upstream, wanted, sums[2], sums[3]);
  for (size_t r = 0; r < rows; r++)
    level->gradients->norm(&norm, 1, x + r * width, upstream + r * width, alone + r * width, sums[4], sums[5]);
  size_t at = first_difference(count, got, wanted, 3e-5f, 3e-5f);
  if (at < count)
    report(check, "%s norm of width %zu centred %d: %.9g, not %.9g", level->name, width, norm.centred, (double)got[at],
           (double)wanted[at]);
  if (first_difference(width, sums[0], sums[2], 3e-5f, 3e-5f) < width ||
      first_difference(width, sums[1], sums[3], 3e-5f, 3e-5f) < width)
    report(check, "%s norm of width %zu: sums over rows", level->name, width);
  if (!same_bits(count, got, alone) || !same_bits(width, sums[0], sums[4]) || !same_bits(width, sums[1], sums[5]))
    report(check, "%s norm of width %zu depends on how rows are cut", level->name, width);
  float *before = floats_for(count);
  memcpy(before, sums[0], width * sizeof(float) < count * sizeof(float) ? width * sizeof(float) : count * sizeof(float));
  level->gradients->norm(&norm, rows, x, upstream, alone, NULL, NULL);
  if (!same_bits(count, got, alone)) report(check, "%s norm depends on which sums are wanted", level->name);
  level->gradients->norm(&norm, rows, x, upstream, NULL, sums[4], NULL);
  for (int i = 0; i < 6; i++) free(sums[i]);
  free(x), free(upstream), free(weight), free(got), free(wanted), free(alone), free(before);
}

static void check_add_rows(const at_kernels *level, check *check) {
  size_t width = any_length(check), rows = below(check, 40), stride = width + below(check, 4);
  float *x = random_row(check, rows ? (rows - 1) * stride + width : 0, 2, false);
  float *got = random_row(check, width, 1, false), *wanted = floats_for(width);
  memcpy(wanted, got, width * sizeof(float));
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < width; c++) wanted[c] += x[r * stride + c];
  size_t cut = rows ? below(check, rows) : 0;
  level->gradients->add_rows(cut, width, x, stride, got);
  level->gradients->add_rows(rows - cut, width, x + cut * stride, stride, got);
  if (!same_bits(width, got, wanted)) report(check, "%s sums of %zu rows of %zu", level->name, rows, width);
  free(x), free(got), free(wanted);
}

int at_property_gradients(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  check check = {seed, 0, fail};
  for (int i = 0; i < cases && check.failures < 10; i++) {
    check.state = seed + (uint64_t)i * 0x632be59bd9b4e019;
    check_unary(level, &check);
    check_norm(level, &check);
    check_add_rows(level, &check);
  }
  return check.failures;
}
