// bfloat16 and half precision as plain C, for the portable kernels (compilers call a library function otherwise).
#pragma once
#include <stdint.h>
#include <string.h>

static inline uint32_t at_bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline float at_float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline float at_bf16_to_f32(uint16_t h) { return at_float_of((uint32_t)h << 16); }

// Round to nearest even; NaN becomes a quiet NaN.
static inline uint16_t at_f32_to_bf16(float x) {
  uint32_t bits = at_bits_of(x);
  if (x != x) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float at_f16_to_f32(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, magnitude = h & 0x7fff;
  if (magnitude >= 0x7c00) {  // infinity, or NaN made quiet as the processors do
    uint32_t quiet = magnitude > 0x7c00 ? 0x00400000 : 0;
    return at_float_of(sign | 0x7f800000 | (magnitude & 0x3ff) << 13 | quiet);
  }
  if (magnitude >= 0x400) return at_float_of(sign | ((magnitude << 13) + 0x38000000));
  float x = (float)magnitude * 0x1p-24f;  // subnormal
  return at_float_of(sign | at_bits_of(x));
}

// Round to nearest even, overflow to infinity.
static inline uint16_t at_f32_to_f16(float x) {
  uint32_t bits = at_bits_of(x), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
  if (magnitude >= 0x477ff000) return (uint16_t)(sign | 0x7c00);
  if (magnitude < 0x38800000) {  // subnormal: adding 0.5 leaves the rounded multiple of 2^−24 in the low bits
    return (uint16_t)(sign | (at_bits_of(at_float_of(magnitude) + 0.5f) - 0x3f000000));
  }
  return (uint16_t)(sign | ((magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13));
}
