#include "at_peaks.h"

#include <string.h>
#include "CAttend.h"

// Ten independent sums hide the latency of a fused multiply-add at two per cycle.
#define AT_PEAK(name, lanes, attributes)                                                         \
  attributes static double name(size_t rounds) {                                                 \
    typedef float vector __attribute__((ext_vector_type(lanes)));                                \
    vector sums[10], factor = (vector)(0.999999f), addend = (vector)(1e-7f);                     \
    for (int i = 0; i < 10; i++) sums[i] = (vector)((float)i);                                   \
    for (size_t round = 0; round < rounds; round++)                                              \
      for (int i = 0; i < 10; i++) sums[i] = __builtin_elementwise_fma(sums[i], factor, addend); \
    volatile float sink = 0;                                                                     \
    for (int i = 0; i < 10; i++) sink = sink + sums[i][0];                                       \
    return 2.0 * 10 * (lanes) * (double)rounds;                                                  \
  }

#if defined(__x86_64__)
AT_PEAK(peak_avx2, 8, __attribute__((target("avx2,fma"))))
AT_PEAK(peak_avx512, 16, __attribute__((target("avx512f"))))
#endif
AT_PEAK(peak_baseline, 4, )

double at_peak_f32(size_t rounds) {
#if defined(__x86_64__)
  if (at_kernels_best()->isa >= AT_ISA_AVX512) return peak_avx512(rounds);
  if (at_kernels_best()->isa >= AT_ISA_AVX2) return peak_avx2(rounds);
#endif
  return peak_baseline(rounds);
}

uint64_t at_peak_read(const void *bytes, size_t count) {
  typedef uint64_t vector __attribute__((ext_vector_type(4), aligned(8)));
  const char *from = bytes;
  vector sums[8] = {0};
  for (size_t i = 0; i + sizeof sums <= count; i += sizeof sums) {
    for (int j = 0; j < 8; j++) {
      vector part;
      memcpy(&part, from + i + (size_t)j * sizeof part, sizeof part);
      sums[j] += part;
    }
  }
  vector sum = {0};
  for (int j = 0; j < 8; j++) sum += sums[j];
  return sum[0] + sum[1] + sum[2] + sum[3];
}
