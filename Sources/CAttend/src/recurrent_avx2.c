#if defined(__x86_64__)
#define AT_SIMD_AVX2
#include "simd.h"
#include "recurrent.inc"
#include "simd_end.h"
#endif
