// One vector vocabulary for every instruction-set level. A translation unit defines exactly one of
// AT_SIMD_AVX2, AT_SIMD_AVX512, AT_SIMD_AVX512BF16, AT_SIMD_AMX or AT_SIMD_NEON, includes this header, then a kernel
// body (*.inc), then simd_end.h. The second and third of the AVX-512 levels add instructions (see emulate_x86.h).
//
// Most of it is clang's portable vectors, so a body is written once. With AT_EMULATE defined the AVX-512 level
// compiles to AVX2 instructions (and its special instructions to loops): the logic of every level is tested on any x86-64.
#pragma once
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(AT_SIMD_AMX) || defined(AT_SIMD_AVX512BF16)
#define AT_SIMD_AVX512
#endif

#if defined(AT_SIMD_AVX512)
#define AT_LANES 16
#if defined(AT_SIMD_AMX)
#define AT_NAME(base) base##_amx
#elif defined(AT_SIMD_AVX512BF16)
#define AT_NAME(base) base##_avx512bf16
#else
#define AT_NAME(base) base##_avx512
#endif
#if defined(AT_EMULATE)
#pragma clang diagnostic ignored "-Wpsabi"  // wide vectors as arguments: everything is inlined
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#elif defined(AT_SIMD_AMX)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,amx-tile,amx-bf16,amx-int8," \
                          "avx2,fma,f16c"))), apply_to = function)
#elif defined(AT_SIMD_AVX512BF16)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,avx2,fma,f16c"))), \
    apply_to = function)
#else
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), apply_to = function)
#endif
#elif defined(AT_SIMD_AVX2)
#define AT_LANES 8
#define AT_NAME(base) base##_avx2
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#elif defined(AT_SIMD_NEON)
#define AT_LANES 4
#define AT_NAME(base) base##_neon
#pragma clang attribute push(__attribute__((hot)), apply_to = function)
#else
#error "define one AT_SIMD_ level"
#endif

#define AT_INLINE static inline __attribute__((always_inline, unused))

typedef float vf __attribute__((ext_vector_type(AT_LANES)));
typedef int32_t vi __attribute__((ext_vector_type(AT_LANES)));
typedef uint32_t vu __attribute__((ext_vector_type(AT_LANES)));
typedef uint16_t vh __attribute__((ext_vector_type(AT_LANES)));
typedef _Float16 vf16 __attribute__((ext_vector_type(AT_LANES)));

AT_INLINE vf vf_load(const float *p) { vf v; memcpy(&v, p, sizeof v); return v; }
AT_INLINE void vf_store(float *p, vf v) { memcpy(p, &v, sizeof v); }
AT_INLINE vf vf_splat(float x) { return (vf)(x); }
AT_INLINE vf vf_zero(void) { return (vf)(0.0f); }
AT_INLINE vf vf_fma(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }  // a·b + c
AT_INLINE vf vf_max(vf a, vf b) { return a > b ? a : b; }  // b when either is NaN
AT_INLINE vf vf_min(vf a, vf b) { return a < b ? a : b; }
AT_INLINE vf vf_abs(vf a) { return (vf)((vi)a & 0x7fffffff); }
AT_INLINE vf vf_round(vf a) { return __builtin_elementwise_roundeven(a); }
AT_INLINE vf vf_sqrt(vf a) { return __builtin_elementwise_sqrt(a); }
AT_INLINE vf vf_select(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }

// The first `count` lanes set.
AT_INLINE vi vi_first(size_t count) {
  static const int32_t numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  vi lanes;
  memcpy(&lanes, numbers, sizeof lanes);
  return lanes < (int32_t)count;
}
// Loads the first `count` lanes (0...AT_LANES), the others are `fill`. Reads nothing beyond them.
AT_INLINE vf vf_load_part(const float *p, size_t count, float fill) {
#if defined(AT_SIMD_AVX512) && !defined(AT_EMULATE)
  return (vf)_mm512_mask_loadu_ps((__m512)vf_splat(fill), (__mmask16)((1u << count) - 1), p);
#elif defined(AT_SIMD_AVX2)
  vi mask = vi_first(count);
  return vf_select(mask, (vf)_mm256_maskload_ps(p, (__m256i)mask), vf_splat(fill));
#else
  float lanes[AT_LANES];
  for (int i = 0; i < AT_LANES; i++) lanes[i] = fill;
  memcpy(lanes, p, count * sizeof(float));
  return vf_load(lanes);
#endif
}
AT_INLINE void vf_store_part(float *p, size_t count, vf v) {
#if defined(AT_SIMD_AVX512) && !defined(AT_EMULATE)
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
#elif defined(AT_SIMD_AVX2)
  _mm256_maskstore_ps(p, (__m256i)vi_first(count), (__m256)v);
#else
  float lanes[AT_LANES];
  vf_store(lanes, v);
  memcpy(p, lanes, count * sizeof(float));
#endif
}
// A whole vector, or its first lanes when `count` is below AT_LANES; for bodies that both share.
AT_INLINE vf vf_load_some(const float *p, size_t count) {
  return count == AT_LANES ? vf_load(p) : vf_load_part(p, count, 0.0f);
}

// One bit per lane of a comparison's result.
AT_INLINE uint32_t vi_bits(vi mask) {
#if defined(AT_SIMD_AVX512) && !defined(AT_EMULATE)
  return _mm512_movepi32_mask((__m512i)mask);
#elif defined(AT_SIMD_AVX2)
  return (uint32_t)_mm256_movemask_ps((__m256)mask);
#elif defined(AT_SIMD_NEON)
  return (uint32_t)__builtin_reduce_add(mask & (vi){1, 2, 4, 8});
#else
  uint32_t bits = 0;
  for (int i = 0; i < AT_LANES; i++) bits |= (uint32_t)(mask[i] & 1) << i;
  return bits;
#endif
}

// Sums and maxima over lanes, as a fixed tree.
AT_INLINE float vf_sum(vf v) {
  float lanes[AT_LANES];
  vf_store(lanes, v);
  for (int half = AT_LANES / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
  return lanes[0];
}
AT_INLINE float vf_largest(vf v) {
  float lanes[AT_LANES];
  vf_store(lanes, v);
  for (int half = AT_LANES / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) lanes[i] = lanes[i] > lanes[i + half] ? lanes[i] : lanes[i + half];
  return lanes[0];
}

AT_INLINE vf vf_from_i32(vi v) { return __builtin_convertvector(v, vf); }
AT_INLINE vi vf_to_i32(vf v) { return __builtin_convertvector(v, vi); }  // truncates; in range only
AT_INLINE vf vf_load_bf16(const uint16_t *p) {
  vh v;
  memcpy(&v, p, sizeof v);
  return (vf)(__builtin_convertvector(v, vu) << 16);
}
AT_INLINE vf vf_load_f16(const uint16_t *p) {
  vf16 v;
  memcpy(&v, p, sizeof v);
  return __builtin_convertvector(v, vf);
}
AT_INLINE vh vf_to_bf16(vf x) {  // round to nearest even, quiet NaN
  vu bits = (vu)x;
  vu rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  vu quiet = (bits >> 16) | 0x40;
  vu mask = (vu)(x != x);
  return __builtin_convertvector((mask & quiet) | (~mask & rounded), vh);
}
AT_INLINE vh vf_to_f16(vf x) {  // round to nearest even
  vf16 narrow = __builtin_convertvector(x, vf16);
  vh bits;
  memcpy(&bits, &narrow, sizeof bits);
  return bits;
}
AT_INLINE void vh_store(uint16_t *p, vh v) { memcpy(p, &v, sizeof v); }

// Even and odd lanes of two vectors, and their inverse.
#if AT_LANES == 16
#define AT_EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define AT_ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define AT_ZIP_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define AT_ZIP_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif AT_LANES == 8
#define AT_EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define AT_ODD 1, 3, 5, 7, 9, 11, 13, 15
#define AT_ZIP_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define AT_ZIP_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#else
#define AT_EVEN 0, 2, 4, 6
#define AT_ODD 1, 3, 5, 7
#define AT_ZIP_LOW 0, 4, 1, 5
#define AT_ZIP_HIGH 2, 6, 3, 7
#endif
AT_INLINE vf vf_even(vf a, vf b) { return __builtin_shufflevector(a, b, AT_EVEN); }
AT_INLINE vf vf_odd(vf a, vf b) { return __builtin_shufflevector(a, b, AT_ODD); }
AT_INLINE vf vf_zip_low(vf a, vf b) { return __builtin_shufflevector(a, b, AT_ZIP_LOW); }
AT_INLINE vf vf_zip_high(vf a, vf b) { return __builtin_shufflevector(a, b, AT_ZIP_HIGH); }

// 2^x for x ≤ 127; relative error about 2e-7; below −126 gives 0 (no denormals), −∞ gives 0, NaN stays NaN.
AT_INLINE vf vf_exp2(vf x) {
  vi tiny = x < vf_splat(-126.0f);
  vf clamped = vf_min(vf_max(x, vf_splat(-126.0f)), vf_splat(127.0f));
  vf whole = vf_round(clamped), f = clamped - whole;
  vf p = vf_splat(1.53533465e-4f);
  p = vf_fma(p, f, vf_splat(1.33988591e-3f));
  p = vf_fma(p, f, vf_splat(9.61814225e-3f));
  p = vf_fma(p, f, vf_splat(5.55033237e-2f));
  p = vf_fma(p, f, vf_splat(2.40226462e-1f));
  p = vf_fma(p, f, vf_splat(6.93147182e-1f));
  p = vf_fma(p, f, vf_splat(1.0f));
  vf scaled = (vf)((vi)p + (vf_to_i32(whole) << 23));
  return vf_select(x != x, x, vf_select(tiny, vf_zero(), scaled));
}
