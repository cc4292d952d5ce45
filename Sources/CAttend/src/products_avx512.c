// Products for AVX-512 with VNNI. BF16 panels are multiplied in hardware where the processor can.
#if defined(__x86_64__)
#define AT_SIMD_AVX512
#include "products.h"
#include "simd.h"
#include "emulate_x86.h"
#include "product_dense.inc"
#include "product_quantized.inc"
#include "product_activations.inc"
#include "product_expanded.inc"
#include "product_wide.inc"

static bool multiplies_bf16(at_form form) { return form == AT_FORM_BF16 && at_has_bfloat16_products(); }

static size_t row_unit(at_form form, at_phase phase) {
  return at_on_integers(form, phase) ? AT_ROW_GROUP : MICRO_ROWS;
}

static size_t prepared_bytes(at_form form, at_phase phase, size_t m, size_t k) {
  if (at_on_integers(form, phase)) return at_quantized_activation_bytes(m, k);
  if (widens(form)) return wide_bytes(m, k);
  return multiplies_bf16(form) ? at_bf16_prepared_bytes(m, k) : 0;
}

static void prepare(at_form form, at_phase phase, size_t m, size_t k, const float *a, size_t a_stride, size_t row_begin,
                    size_t row_end, void *prepared) {
  if (multiplies_bf16(form))
    at_bf16_prepare(k, a, a_stride, row_begin, row_end, prepared);
  else if (phase == AT_PROMPT)
    prepare_wide(m, k, a, a_stride, row_begin, row_end, prepared);
  else
    prepare_quantized(form, m, k, a, a_stride, row_begin, row_end, prepared);
}

static void multiply(const at_product_range *range) {
  if (at_on_integers(range->form, range->phase))
    multiply_quantized(range);
  else if (widens(range->form))
    multiply_wide(range);
  else if (range->form >= AT_FORM_Q4_0)
    multiply_expanded(range);
  else if (multiplies_bf16(range->form))
    at_bf16_multiply(range);
  else
    multiply_dense(range);
}

const at_product_kernels at_products_avx512 = {
    .dense_width = DENSE_WIDTH, .quantized_width = QUANTIZED_WIDTH, .bf16_unit = 2, .q8_flip = Q8_FLIP,
    .resident_bytes = 512 << 10, .row_unit = row_unit, .prepared_bytes = prepared_bytes,
    .prepare = prepare, .multiply = multiply,
};
#include "simd_end.h"
#endif
