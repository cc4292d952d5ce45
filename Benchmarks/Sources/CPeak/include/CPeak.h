// What the machine can do at most, for comparison.
#pragma once
#include <stddef.h>

// Multiplies and adds float32 in registers for `rounds` rounds; returns the floating-point operations done.
// vector: 0 the compiler's baseline, 1 AVX2, 2 AVX-512. The machine must have it.
double peak_f32(int vector, long rounds);
// Reads the bytes once and returns their sum, so that the reads happen.
unsigned long peak_read(const void *bytes, size_t count);
