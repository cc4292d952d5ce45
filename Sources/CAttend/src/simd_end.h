// Closes what simd.h opened.
#pragma clang attribute pop
