#include "CPeak.h"

#include <stdint.h>
#include <string.h>

// Ten independent sums hide the latency of a fused multiply-add at two per cycle.
#define PEAK(name, lanes, attributes)                                                         \
  attributes static double name(long rounds) {                                                \
    typedef float vector __attribute__((ext_vector_type(lanes)));                             \
    vector sums[10], factor = (vector)(0.999999f), addend = (vector)(1e-7f);                  \
    for (int i = 0; i < 10; i++) sums[i] = (vector)((float)i);                                \
    for (long round = 0; round < rounds; round++) {                                           \
      for (int i = 0; i < 10; i++) sums[i] = __builtin_elementwise_fma(sums[i], factor, addend); \
    }                                                                                         \
    volatile float sink = 0;                                                                  \
    for (int i = 0; i < 10; i++) sink = sink + sums[i][0];                                    \
    return 2.0 * 10 * (lanes) * (double)rounds;                                               \
  }

#if defined(__x86_64__)
PEAK(peak_avx2, 8, __attribute__((target("avx2,fma"))))
PEAK(peak_avx512, 16, __attribute__((target("avx512f"))))
double peak_f32(int vector, long rounds) { return vector == 2 ? peak_avx512(rounds) : peak_avx2(rounds); }
#else
PEAK(peak_baseline, 4, )
double peak_f32(int vector, long rounds) {
  (void)vector;
  return peak_baseline(rounds);
}
#endif

unsigned long peak_read(const void *bytes, size_t count) {
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
