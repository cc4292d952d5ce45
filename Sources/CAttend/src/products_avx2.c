// Products for AVX2, FMA and F16C.
#if defined(__x86_64__)
#define AT_SIMD_AVX2
#define AT_WIDE
#include "products.h"
#include "simd.h"
#include "product_dense.inc"
#include "product_quantized.inc"
#include "product_activations.inc"
#include "product_expanded.inc"
#include "product_wide.inc"
#include "product_level.inc"
#include "simd_end.h"
#endif
