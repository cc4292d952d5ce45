// Derivatives of row-wise operations at the AVX-512 level.
#if defined(__x86_64__)
#define AT_SIMD_AVX512
#include "simd.h"
#include "gradients.inc"
#include "simd_end.h"
#else
typedef int at_gradients_avx512_is_for_another_processor;
#endif
