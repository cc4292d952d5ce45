// Properties of packed matrices and their products.
#include "property_products.h"
#include "property_support.h"

typedef struct product_case {
  check *c;
  const at_kernels *level;
  at_packed w;
  at_source source;
  at_phase phase;
  size_t m, matrix_rows, a_stride, out_stride;
  uint8_t *source_bytes;
  const void **rows;
  float *weights;  // [matrix_rows][k], what at_unpack_row gives
  float *a;        // [m][a_stride]
  char description[160];
} product_case;

// ---- random matrices -----------------------------------------------------------------------------------

static uint16_t random_f16(check *c, float size) {
  _Float16 half = (_Float16)(size * uniform(c));
  uint16_t bits;
  memcpy(&bits, &half, sizeof bits);
  return bits;
}

// Where a block's half-precision numbers are, and how large they are for weights of about 1; the rest is any bytes.
typedef struct scale_place {
  uint16_t scale, minimum;  // offsets; 0 for no minimum
  float size;
} scale_place;

static scale_place place_of_scales(at_source source) {
  switch (source) {
    case AT_SOURCE_Q4_1:
    case AT_SOURCE_Q5_1: return (scale_place){0, 2, 0.1f};
    case AT_SOURCE_Q2_K: return (scale_place){80, 82, 0.02f};
    case AT_SOURCE_Q3_K: return (scale_place){108, 0, 0.01f};
    case AT_SOURCE_Q4_K:
    case AT_SOURCE_Q5_K: return (scale_place){0, 2, 0.002f};
    case AT_SOURCE_Q6_K: return (scale_place){208, 0, 0.0005f};
    case AT_SOURCE_IQ4_XS: return (scale_place){0, 0, 0.0005f};
    default: return (scale_place){0, 0, source == AT_SOURCE_F16 ? 1 : 0.1f};
  }
}

static void random_source_row(check *c, at_source source, size_t k, uint8_t *row) {
  size_t block_bytes = at_source_block_bytes(source), bytes = at_source_row_bytes(source, k);
  const scale_place place = place_of_scales(source);
  for (size_t i = 0; i < bytes; i++) row[i] = (uint8_t)draw(c);
  for (uint8_t *at = row; at < row + bytes; at += block_bytes) {
    float value = uniform(c);
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t upper = (uint16_t)(bits >> 16), half = random_f16(c, place.size);
    if (source == AT_SOURCE_F32 || source == AT_SOURCE_Q8_K) memcpy(at, &value, 4);
    else if (source == AT_SOURCE_BF16) memcpy(at, &upper, 2);
    else if (source == AT_SOURCE_MXFP4) at[0] = (uint8_t)(120 + below(c, 8));
    else memcpy(at + place.scale, &half, 2);
    half = random_f16(c, 5 * place.size);
    if (place.minimum > 0) memcpy(at + place.minimum, &half, 2);
  }
}

static void make_case(product_case *p, check *c, const at_kernels *level) {
  *p = (product_case){.c = c, .level = level};
  at_form form = (at_form)below(c, AT_FORM_COUNT);
  do p->source = (at_source)below(c, AT_SOURCE_COUNT);
  while (!at_form_accepts(form, p->source));
  bool blocks = form >= AT_FORM_Q4_0 || at_source_block(p->source) > 1;
  size_t k = chance(c, 8) ? below(c, 900) : below(c, 100), n = chance(c, 4) ? below(c, 200) : below(c, 40);
  if (blocks) k = at_source_block(p->source) > 32 ? k / 50 * 256 : k / 6 * 32;
  p->m = chance(c, 12) ? below(c, 400) : chance(c, 3) ? below(c, 40) : below(c, 6);
  p->phase = chance(c, 2) ? AT_PROMPT : AT_DECODE;
  p->w = (at_packed){.kernels = level, .form = form, .gated = chance(c, 4), .n = n, .k = k};
  p->matrix_rows = p->w.gated ? 2 * n : n;
  p->a_stride = k + below(c, 3);
  p->out_stride = n + below(c, 3);
  snprintf(p->description, sizeof p->description, "form %d from source %d, %zu×%zu×%zu%s, phase %d", form, p->source,
           p->m, k, n, p->w.gated ? " gated" : "", p->phase);

  size_t row_bytes = at_source_row_bytes(p->source, k);
  p->source_bytes = bytes_for(p->matrix_rows * row_bytes);
  p->rows = bytes_for(p->matrix_rows * sizeof *p->rows);
  for (size_t r = 0; r < p->matrix_rows; r++) {
    random_source_row(c, p->source, k, p->source_bytes + r * row_bytes);
    p->rows[r] = chance(c, 20) ? NULL : p->source_bytes + r * row_bytes;
  }
  p->w.bytes = at_packed_bytes(level, form, p->w.gated, n, k);
  if (p->w.bytes == 0) report(c, "%s: no packed size", p->description);
  p->w.data = bytes_for(p->w.bytes);
  memset(p->w.data, 0xff, p->w.bytes);
  at_pack(&p->w, p->source, p->rows);
  p->a = random_row(c, p->m * p->a_stride, 1, false);
}

static void free_case(product_case *p) {
  free(p->source_bytes);
  free(p->rows);
  free(p->w.data);
  free(p->weights);
  free(p->a);
}

// ---- packed rows ---------------------------------------------------------------------------------------

// A dense row rounded to Q8_0: within half a step of max|x| / 127, which float16 rounds up.
static bool rounded_well(size_t k, const float *x, const float *kept) {
  for (size_t begin = 0; begin < k; begin += 32) {
    float most = 0;
    for (size_t i = begin; i < begin + 32; i++)
      if (fabsf(x[i]) > most) most = fabsf(x[i]);
    for (size_t i = begin; i < begin + 32; i++)
      if (!(fabsf(x[i] - kept[i]) <= most / 127 * 0.501f + 0x1p-24f)) return false;
  }
  return true;
}

static void check_rows(product_case *p) {
  size_t k = p->w.k;
  float *expected = floats_for(k);
  p->weights = floats_for(p->matrix_rows * k);
  for (size_t r = 0; r < p->matrix_rows; r++) {
    memset(expected, 0, k * sizeof(float));
    if (p->rows[r]) at_source_to_f32(p->source, k, p->rows[r], expected);
    if (p->w.form == AT_FORM_BF16) {
      uint16_t *narrow = bytes_for(k * sizeof *narrow);
      at_rows_portable.from_f32(AT_BF16, k, expected, narrow);
      at_rows_portable.to_f32(AT_BF16, k, narrow, expected);
      free(narrow);
    }
    at_unpack_row(&p->w, r, p->weights + r * k);
    if (p->w.form == AT_FORM_Q8_0 && at_source_block(p->source) == 1) {
      if (!rounded_well(k, expected, p->weights + r * k)) report(p->c, "%s: row %zu is badly rounded", p->description, r);
      continue;
    }
    if (!same_bits(k, expected, p->weights + r * k)) report(p->c, "%s: row %zu comes back changed", p->description, r);
  }
  free(expected);
}

// ---- products ------------------------------------------------------------------------------------------

// The largest error that the form may make at row i and matrix row r, and the product in double precision.
static double bound(const product_case *p, size_t i, size_t r, double *exact) {
  const float *a = p->a + i * p->a_stride, *w = p->weights + r * p->w.k;
  double sum = 0, magnitude = 0, quantization = 0;
  for (size_t begin = 0; begin < p->w.k; begin += 32) {
    double most = 0, block = 0;
    for (size_t j = begin; j < begin + 32 && j < p->w.k; j++) {
      sum += (double)a[j] * w[j];
      magnitude += fabs((double)a[j] * w[j]);
      block += fabs((double)w[j]);
      if (fabsf(a[j]) > most) most = fabsf(a[j]);
    }
    quantization += most / 253 * block;
  }
  *exact = sum;
  // Blocks with a minimum are larger inside than their sum shows.
  bool minima = p->w.form == AT_FORM_Q4_1 || p->w.form == AT_FORM_Q5_1 || p->w.form == AT_FORM_Q4_K ||
                p->w.form == AT_FORM_Q5_K || p->w.form == AT_FORM_Q2_K;
  double most_weight = minima ? 8 * (double)p->w.k : 0;
  double error = 1e-6 * (magnitude + most_weight) + 1e-30;
  // Weights (expanded blocks) and activations rounded to 8 bits of mantissa, or activations of 8 or 16 bits a block.
  bool quantized = p->w.form >= AT_FORM_Q4_0, tiles = p->level->isa == AT_ISA_AMX && p->phase == AT_PROMPT;
  bool halves = p->w.form == AT_FORM_BF16 && p->level->isa >= AT_ISA_AVX512;
  if (halves || (quantized && tiles)) return error + magnitude / 120;
  return quantized ? error + (p->phase == AT_DECODE ? quantization : quantization / 250) : error;
}

static void check_product(product_case *p, const float *out) {
  size_t n = p->w.n;
  for (size_t i = 0; i < p->m; i++)
    for (size_t j = 0; j < n; j++) {
      double gate, up = 1, gate_error = bound(p, i, j, &gate), up_error = 0;
      if (p->w.gated) up_error = bound(p, i, n + j, &up);
      double error = gate_error * (fabs(up) + up_error) + fabs(gate) * up_error + 1e-6 * fabs(gate * up);
      double got = out[i * p->out_stride + j];
      if (fabs(got - gate * up) <= error) continue;
      report(p->c, "%s: [%zu, %zu] is %g, not %g ± %g", p->description, i, j, got, gate * up, error);
      return;
    }
}

static bool same_rows(const product_case *p, size_t rows, const float *x, const float *y) {
  for (size_t i = 0; i < rows; i++)
    if (!same_bits(p->w.n, x + i * p->out_stride, y + i * p->out_stride)) return false;
  return true;
}

static void check_rows_alone(product_case *p, const float *out) {
  float *alone = floats_for(p->m * p->out_stride);
  for (size_t i = 0; i < p->m;) {
    // A row by itself, or some rows in another company.
    size_t count = chance(p->c, 2) ? 1 : 1 + below(p->c, p->m - i);
    at_product(&p->w, count, p->a + i * p->a_stride, p->a_stride, alone + i * p->out_stride, p->out_stride, NULL,
               p->phase);
    i += count;
  }
  if (!same_rows(p, p->m, out, alone)) report(p->c, "%s: a row depends on its neighbours", p->description);
  free(alone);
}

// The epilogue by row kernels on the plain halves of the product.
static void check_epilogue(product_case *p) {
  const at_row_kernels *rows = p->level->rows;
  size_t n = p->w.n, m = p->m, count = m * p->out_stride;
  float *bias = random_row(p->c, p->matrix_rows, 1, false), *residual = random_row(p->c, count, 1, false);
  float *out = floats_for(count), *expected = floats_for(count), *up = floats_for(n);
  at_epilogue epilogue = {.bias = chance(p->c, 2) ? bias : NULL, .has_activation = chance(p->c, 2),
                          .activation = chance(p->c, 2) ? AT_SILU : AT_GELU_TANH,
                          .residual = chance(p->c, 2) ? residual : NULL, .residual_stride = p->out_stride};
  // The halves of a gated matrix are the rows of two plain ones.
  at_packed half = p->w;
  half.gated = false;
  half.bytes = at_packed_bytes(p->level, half.form, false, n, half.k);
  half.data = bytes_for(half.bytes);
  memcpy(out, residual, count * sizeof(float));
  at_epilogue in_place = epilogue;
  if (epilogue.residual) in_place.residual = out;
  at_product(&p->w, m, p->a, p->a_stride, out, p->out_stride, &in_place, p->phase);
  at_pack(&half, p->source, p->rows);
  at_product(&half, m, p->a, p->a_stride, expected, p->out_stride, NULL, p->phase);
  float *ups = floats_for(count);
  if (p->w.gated) {
    at_pack(&half, p->source, p->rows + n);
    at_product(&half, m, p->a, p->a_stride, ups, p->out_stride, NULL, p->phase);
  }
  for (size_t i = 0; i < m; i++) {
    float *row = expected + i * p->out_stride;
    if (epilogue.bias) rows->binary(AT_ADD, n, row, bias, row);
    if (p->w.gated) {
      memcpy(up, ups + i * p->out_stride, n * sizeof(float));
      if (epilogue.bias) rows->binary(AT_ADD, n, up, bias + n, up);
      if (epilogue.has_activation) rows->gated(epilogue.activation, n, row, up, row);
      else rows->binary(AT_MULTIPLY, n, row, up, row);
    } else if (epilogue.has_activation) {
      rows->unary(epilogue.activation, n, row, row);
    }
    if (epilogue.residual) rows->binary(AT_ADD, n, row, residual + i * p->out_stride, row);
  }
  if (!same_rows(p, m, out, expected))
    report(p->c, "%s: epilogue (bias %d, activation %d, residual %d) differs", p->description, epilogue.bias != NULL,
           epilogue.has_activation, epilogue.residual != NULL);
  for (size_t i = 0; i < m; i++)
    if (!same_bits(p->out_stride - n, out + i * p->out_stride + n, residual + i * p->out_stride + n))
      report(p->c, "%s: writes beside row %zu", p->description, i);
  free(bias), free(residual), free(out), free(expected), free(up), free(ups), free(half.data);
}

static void check_not_finite(product_case *p, float *out) {
  if (p->m == 0 || p->w.k == 0) return;
  size_t poisoned = below(p->c, p->m);
  p->a[poisoned * p->a_stride + below(p->c, p->w.k)] = chance(p->c, 2) ? NAN : chance(p->c, 2) ? INFINITY : -INFINITY;
  float *again = floats_for(p->m * p->out_stride);
  at_product(&p->w, p->m, p->a, p->a_stride, again, p->out_stride, NULL, p->phase);
  size_t n = p->w.n;
  if (p->level->rows->count_not_finite(n, again + poisoned * p->out_stride) != n)
    report(p->c, "%s: row %zu hides a value that is not finite", p->description, poisoned);
  memcpy(out + poisoned * p->out_stride, again + poisoned * p->out_stride, n * sizeof(float));
  if (!same_rows(p, p->m, out, again)) report(p->c, "%s: rows see a neighbour's NaN", p->description);
  free(again);
}

// Dense weights that are no ordinary numbers, kept in 8 bits.
static void check_unusual_weights(check *c, const at_kernels *level) {
  enum { ROWS = 5, WIDTH = 32 };
  static const float special[ROWS] = {1e-30f, 1e-6f, 3e38f, NAN, -INFINITY};
  float weights[ROWS][WIDTH], kept[WIDTH];
  const void *rows[ROWS];
  for (size_t r = 0; r < ROWS; r++) {
    for (size_t i = 0; i < WIDTH; i++) weights[r][i] = special[r] * (r < 3 && i % 2 ? -1.0f : 1.0f);
    rows[r] = weights[r];
  }
  at_packed w = {.kernels = level, .form = AT_FORM_Q8_0, .n = ROWS, .k = WIDTH};
  w.bytes = at_packed_bytes(level, w.form, false, ROWS, WIDTH);
  w.data = bytes_for(w.bytes);
  at_pack(&w, AT_SOURCE_F32, rows);
  for (size_t r = 0; r < ROWS; r++) {
    at_unpack_row(&w, r, kept);
    for (size_t i = 0; i < WIDTH; i++) {
      float x = weights[r][i], bound = fabsf(x) < 8e6f ? 0x1p-25f : INFINITY;
      bool good = isfinite(x) ? fabsf(x - kept[i]) <= bound && isfinite(kept[i]) && x * kept[i] >= 0 : isnan(kept[i]);
      if (!good) report(c, "the weight %g is kept as %g", (double)x, (double)kept[i]);
    }
  }
  free(w.data);
}

int at_property_products(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  check c = {.state = seed, .fail = fail};
  for (int i = 0; i < cases; i++) {
    product_case p;
    make_case(&p, &c, level);
    check_rows(&p);
    float *out = floats_for(p.m * p.out_stride);
    at_product(&p.w, p.m, p.a, p.a_stride, out, p.out_stride, NULL, p.phase);
    check_product(&p, out);
    check_rows_alone(&p, out);
    check_epilogue(&p);
    check_not_finite(&p, out);
    free(out);
    free_case(&p);
  }
  check_unusual_weights(&c, level);
  size_t absurd = (size_t)-1 / 3;
  if (at_packed_bytes(level, AT_FORM_F32, false, absurd, 7) || at_packed_bytes(level, AT_FORM_Q4_1, true, 3, absurd) ||
      at_packed_bytes(level, AT_FORM_Q8_0, false, 3, 33) || at_packed_bytes(level, AT_FORM_Q6_K, false, 3, 128))
    report(&c, "an impossible matrix has a packed size");
  return c.failures;
}
