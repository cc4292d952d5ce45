// Derivatives of row-wise operations at the NEON level.
#if defined(__aarch64__)
#define AT_SIMD_NEON
#include "simd.h"
#include "gradients.inc"
#include "simd_end.h"
#else
typedef int at_gradients_neon_is_for_another_processor;
#endif
