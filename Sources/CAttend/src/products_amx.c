// Products for AMX: prompts on bfloat16 tiles, decode by vdpbf16ps and VNNI, float32 on AVX-512.
#if defined(__x86_64__)
#define AT_SIMD_AMX
#include "products.h"
#include "simd.h"
#include "emulate_x86.h"
#include "product_dense.inc"
#include "product_quantized.inc"
#include "product_activations.inc"
#include "product_bf16.inc"
#include "product_tiles.inc"

static bool on_tiles(at_form form, at_phase phase) { return form != AT_FORM_F32 && phase == AT_PROMPT; }

static size_t row_unit(at_form form, at_phase phase) {
  if (on_tiles(form, phase)) return 2 * AT_TILE_ROWS;
  return form >= AT_FORM_Q4_0 ? AT_ROW_GROUP : MICRO_ROWS;
}

static size_t prepared_bytes(at_form form, at_phase phase, size_t m, size_t k) {
  if (on_tiles(form, phase)) return at_round_up(m, 2 * AT_TILE_ROWS) * steps_of(k) * AT_TILE_BYTES;
  if (form >= AT_FORM_Q4_0) return at_quantized_activation_bytes(m, k);
  return form == AT_FORM_BF16 ? m * bf16_row_bytes(k) : 0;
}

static void prepare(at_form form, at_phase phase, size_t m, size_t k, const float *a, size_t a_stride, size_t row_begin,
                    size_t row_end, void *prepared) {
  if (on_tiles(form, phase))
    prepare_tiles(m, k, a, a_stride, row_begin, row_end, prepared);
  else if (form == AT_FORM_BF16)
    prepare_bf16(k, a, a_stride, row_begin, row_end, prepared);
  else
    prepare_quantized(form, m, k, a, a_stride, row_begin, row_end, prepared);
}

static void multiply(const at_product_range *range) {
  if (on_tiles(range->form, range->phase))
    multiply_tiles(range);
  else if (range->form >= AT_FORM_Q4_0)
    multiply_quantized(range);
  else if (range->form == AT_FORM_BF16)
    multiply_bf16(range);
  else
    multiply_dense(range);
}

const at_product_kernels at_products_amx = {
    .dense_width = DENSE_WIDTH, .quantized_width = QUANTIZED_WIDTH, .bf16_unit = STEP, .q8_flip = Q8_FLIP,
    .resident_bytes = 512 << 10, .row_unit = row_unit, .prepared_bytes = prepared_bytes,
    .prepare = prepare, .multiply = multiply,
};
#include "simd_end.h"
#endif
