// Dense attention at the AVX2 level.
#if defined(__x86_64__)
#define AT_SIMD_AVX2
#include "dense_attention.h"
#include "simd.h"
#include "simd_math.h"
#include "simd_random.h"

#include "attention_transpose.inc"
#include "attention_layout.inc"
#include "attention_blocks.inc"
#include "attention_drops.inc"
#include "dense_products.inc"
#include "dense_attention_scores.inc"
#include "dense_attention_backward.inc"

const at_dense_attention_kernels at_dense_attention_avx2 = {.backward = backward};
#include "simd_end.h"
#else
typedef int at_dense_attention_avx2_is_for_another_processor;
#endif
