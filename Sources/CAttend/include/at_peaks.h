// What the machine can do at best, to hold kernels against: reading memory, and multiplying and adding in registers.
// Both run on the calling thread; who wants the rate of several threads calls them in a parallel region.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Reads `count` bytes from the first to the last, and returns something that depends on them.
uint64_t at_peak_read(const void *bytes, size_t count);
// Multiplies and adds float32 vectors, the widest that the best kernels use, in `rounds` rounds on registers; returns the
// number of float32 operations, two for a fused multiply-add.
double at_peak_f32(size_t rounds);

#ifdef __cplusplus
}
#endif
