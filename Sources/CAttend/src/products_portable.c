// Products in plain C: the specification. Panels are one column wide, so packed matrices are row-major.
#include <math.h>
#include <string.h>
#include "blocks.h"

static size_t row_unit(at_form form, at_phase phase) {
  return at_on_integers(form, phase) ? AT_ROW_GROUP : 4;
}

static size_t prepared_bytes(at_form form, at_phase phase, size_t m, size_t k) {
  return at_on_integers(form, phase) ? at_quantized_activation_bytes(m, k) : 0;
}

// 8-bit activations: s = max|x| / 127, a = round(x · 127 / max|x|), ties to even. An infinity or NaN in the block
// makes s NaN; a block below 2⁻¹⁰⁰ counts as zeros.
static void quantize_block(at_form form, const float *x, int8_t *a, uint8_t *scale_out, uint8_t *correction_out) {
  float most = 0, scale = 0;
  bool finite = true;
  int32_t sum = 0;
  for (int i = 0; i < AT_QUANT_BLOCK; i++) {
    finite = finite && isfinite(x[i]);
    if (fabsf(x[i]) > most) most = fabsf(x[i]);
  }
  memset(a, 0, AT_QUANT_BLOCK);
  if (!finite) {
    scale = NAN;
  } else if (most >= 0x1p-100f) {
    scale = most / 127.0f;
    for (int i = 0; i < AT_QUANT_BLOCK; i++) sum += a[i] = (int8_t)rintf(x[i] * (127.0f / most));
  }
  uint32_t correction = at_correction(form, 0, sum, scale);
  memcpy(scale_out, &scale, sizeof scale);
  memcpy(correction_out, &correction, sizeof correction);
}

static void prepare(at_form form, at_phase phase, size_t m, size_t k, const float *a, size_t a_stride, size_t row_begin,
                    size_t row_end, void *prepared) {
  (void)phase;
  for (size_t row = row_begin; row < row_end; row++) {
    size_t rows = at_group_rows(row, m), r = row % AT_ROW_GROUP;
    uint8_t *block = (uint8_t *)prepared + at_group_offset(row, k);
    for (size_t i = 0; i < k; i += AT_QUANT_BLOCK, block += rows * AT_ACTIVATION_BYTES) {
      uint8_t *scales = block + rows * AT_QUANT_BLOCK;
      quantize_block(form, a + row * a_stride + i, (int8_t *)block + r * AT_QUANT_BLOCK, scales + 4 * r,
                     scales + 4 * (rows + r));
    }
  }
}

// Σ a·w over k, ascending.
static float dense_dot(at_form form, size_t k, const float *a, const uint8_t *row, float sum) {
  for (size_t i = 0; i < k; i++)
    sum += a[i] * (form == AT_FORM_F32 ? ((const float *)row)[i] : at_bf16_to_f32(((const uint16_t *)row)[i]));
  return sum;
}

// Block i / 32 of a packed row.
static at_block block_of(at_form form, const uint8_t *row, size_t i) {
  const at_layout layout = at_layout_of(form);
  at_block block;
  at_kept_block(form, 0, 1, 0, (int)(i % at_unit_elements(layout) / AT_QUANT_BLOCK),
                row + i / at_unit_elements(layout) * at_unit_bytes(layout), &block);
  return block;
}

// Σ a·w over k, ascending, of a quantized row expanded block by block.
static float expanded_dot(at_form form, size_t k, const float *a, const uint8_t *row) {
  float sum = 0;
  for (size_t i = 0; i < k; i += AT_QUANT_BLOCK) {
    float weights[AT_QUANT_BLOCK];
    const at_block block = block_of(form, row, i);
    at_block_to_f32(&block, weights);
    for (int j = 0; j < AT_QUANT_BLOCK; j++) sum += a[i + (size_t)j] * weights[j];
  }
  return sum;
}

// Σ over blocks of d·s·(Σ q·a) + m·s·(Σ a), ascending. Halves with factors of their own are weighed as integers, and of
// Q2_K their minima too.
static float quantized_dot(at_form form, size_t k, size_t rows, size_t r, const uint8_t *activations,
                           const uint8_t *row) {
  float sum = 0;
  for (size_t i = 0; i < k; i += AT_QUANT_BLOCK, activations += rows * AT_ACTIVATION_BYTES) {
    const int8_t *a = (const int8_t *)activations + r * AT_QUANT_BLOCK;
    const uint8_t *scales = activations + rows * AT_QUANT_BLOCK;
    const at_block block = block_of(form, row, i);
    float s, correction, scale = block.scale[0];
    int32_t dots[2] = {0, 0}, sums[2] = {0, 0}, dot;
    memcpy(&s, scales + 4 * r, 4);
    memcpy(&correction, scales + 4 * (rows + r), 4);
    for (int j = 0; j < AT_QUANT_BLOCK; j++) {
      dots[j / 16] += block.q[j] * a[j];
      sums[j / 16] += a[j];
    }
    dot = dots[0] + dots[1];
    if (at_has_half_factors(form)) {
      const int mask = form == AT_FORM_Q2_K ? 15 : -1;
      dot = (block.factor[0] & mask) * dots[0] + (block.factor[1] & mask) * dots[1];
      scale = at_f16_to_f32(block.d);
    }
    sum += (float)dot * (scale * s);
    if (form == AT_FORM_Q2_K) {
      int32_t low = ((uint8_t)block.factor[0] >> 4) * sums[0] + ((uint8_t)block.factor[1] >> 4) * sums[1];
      sum -= (float)low * (at_f16_to_f32(block.m) * s);
    }
    if (at_has_minima(form)) sum += block.minimum[0] * correction;
  }
  return sum;
}

static void multiply(const at_product_range *range) {
  for (size_t row = range->row_begin; row < range->row_end; row++)
    for (size_t p = 0; p < range->panel_count; p++) {
      float *out = (p % 2 ? range->odd : range->even) + p / 2 * range->pair_step;
      out += (row - range->row_begin) * range->out_stride;
      const uint8_t *panel = range->panels + p * range->panel_bytes;
      const float *a = (const float *)range->activations + (ptrdiff_t)row * range->activation_stride;
      if (at_on_integers(range->form, range->phase))
        *out = quantized_dot(range->form, range->k, at_group_rows(row, range->rows), row % AT_ROW_GROUP,
                             (const uint8_t *)range->activations + at_group_offset(row, range->k), panel);
      else if (range->form >= AT_FORM_Q4_0)
        *out = expanded_dot(range->form, range->k, a, panel);
      else
        *out = dense_dot(range->form, range->k, a, panel, range->accumulate ? *out : 0);
    }
}

const at_product_kernels at_products_portable = {
    .dense_width = 1, .quantized_width = 1, .bf16_unit = 2, .q8_flip = 0,
    .resident_bytes = 256 << 10, .row_unit = row_unit, .prepared_bytes = prepared_bytes,
    .prepare = prepare, .multiply = multiply,
};
