#if defined(__x86_64__)
#define AT_SIMD_AVX512
#include "simd.h"
#include "recurrent.inc"
#include "simd_end.h"
#endif
