#include "CAttendEmulated.h"

#if defined(__x86_64__)

extern const at_row_kernels at_rows_avx512_emulated;
extern const at_product_kernels at_products_avx512_emulated, at_products_amx_emulated;
extern const at_attention_kernels at_attention_avx512_emulated, at_attention_amx_emulated;
extern const at_dense_attention_kernels at_dense_attention_avx512_emulated;
extern const at_recurrent_kernels at_recurrent_avx512_emulated;
extern const at_gradient_kernels at_gradients_avx512_emulated;

static const at_kernels avx512 = {"avx512", AT_ISA_AVX512, &at_rows_avx512_emulated, &at_products_avx512_emulated,
                                  &at_attention_avx512_emulated, &at_dense_attention_avx512_emulated,
                                  &at_recurrent_avx512_emulated, &at_gradients_avx512_emulated};
static const at_kernels amx = {"amx", AT_ISA_AMX, &at_rows_avx512_emulated, &at_products_amx_emulated,
                               &at_attention_amx_emulated, &at_dense_attention_avx512_emulated,
                                  &at_recurrent_avx512_emulated, &at_gradients_avx512_emulated};

const at_kernels *at_kernels_emulated(at_isa level) {
  if (!at_isa_supported(AT_ISA_AVX2)) return NULL;
  return level == AT_ISA_AVX512 ? &avx512 : level == AT_ISA_AMX ? &amx : NULL;
}

#else

const at_kernels *at_kernels_emulated(at_isa level) {
  (void)level;
  return NULL;
}

#endif
