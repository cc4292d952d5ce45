// What AVX512_BF16 adds to the AVX-512 level.
#if defined(__x86_64__)
#define AT_SIMD_AVX512BF16
#include "products.h"
#include "simd.h"
#include "emulate_x86.h"
#include "product_bf16.inc"

size_t at_bf16_prepared_bytes(size_t m, size_t k) { return m * bf16_row_bytes(k); }

void at_bf16_prepare(size_t k, const float *a, size_t a_stride, size_t row_begin, size_t row_end, void *prepared) {
  prepare_bf16(k, a, a_stride, row_begin, row_end, prepared);
}

void at_bf16_multiply(const at_product_range *range) { multiply_bf16(range); }
#include "simd_end.h"
#endif
