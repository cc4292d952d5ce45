#if defined(__aarch64__)
#define AT_SIMD_NEON
#include "simd.h"
#include "recurrent.inc"
#include "simd_end.h"
#endif
