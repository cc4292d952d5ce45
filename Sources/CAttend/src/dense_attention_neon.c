// Dense attention at the NEON level.
#if defined(__aarch64__)
#define AT_SIMD_NEON
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

const at_dense_attention_kernels at_dense_attention_neon = {.backward = backward};
#include "simd_end.h"
#else
typedef int at_dense_attention_neon_is_for_another_processor;
#endif
