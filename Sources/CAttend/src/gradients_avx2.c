// Derivatives of row-wise operations at the AVX2 level.
#if defined(__x86_64__)
#define AT_SIMD_AVX2
#include "simd.h"
#include "gradients.inc"
#include "simd_end.h"
#else
typedef int at_gradients_avx2_is_for_another_processor;
#endif
