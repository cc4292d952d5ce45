// Products for arm64.
#if defined(__aarch64__)
#define AT_SIMD_NEON
#include <arm_neon.h>
#include "products.h"
#include "simd.h"
#include "product_dense.inc"
#include "product_quantized.inc"
#include "product_activations.inc"
#include "product_expanded.inc"
#include "product_level.inc"
#include "simd_end.h"
#endif
