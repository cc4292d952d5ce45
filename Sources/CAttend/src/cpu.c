// Which instruction-set levels this machine runs.
#define _GNU_SOURCE
#include "at_runtime.h"

#include <stdatomic.h>

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

const char *at_isa_name(at_isa level) {
  switch (level) {
    case AT_ISA_PORTABLE: return "portable";
    case AT_ISA_NEON: return "neon";
    case AT_ISA_AVX2: return "avx2";
    case AT_ISA_AVX512: return "avx512";
    case AT_ISA_AMX: return "amx";
  }
  return "unknown";
}

typedef struct features {
  bool levels[AT_ISA_COUNT];
  bool bfloat16;
} features;

#if defined(__x86_64__)

static uint64_t saved_state(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

// The kernel lets a process use the AMX tiles only after it asked; the answer holds for all its threads.
static bool amx_permitted(void) {
#if defined(__linux__)
  enum { request_permission = 0x1023, tile_data = 18 };
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

static features ask_processor(void) {
  features found = {.levels = {[AT_ISA_PORTABLE] = true}};
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return found;
  bool saves_state = c >> 27 & 1, avx = c >> 28 & 1, fma = c >> 12 & 1, f16c = c >> 29 & 1;
  if (!saves_state || !avx || !fma || !f16c) return found;
  uint64_t state = saved_state();
  if ((state & 0x6) != 0x6 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return found;
  uint32_t subleaves = a;
  found.levels[AT_ISA_AVX2] = b >> 5 & 1;
  if (!found.levels[AT_ISA_AVX2]) return found;

  bool foundation = b >> 16 & 1, dq = b >> 17 & 1, bw = b >> 30 & 1, vl = b >> 31 & 1, vnni = c >> 11 & 1;
  bool tile_bf16 = d >> 22 & 1, tile = d >> 24 & 1, tile_int8 = d >> 25 & 1;
  found.levels[AT_ISA_AVX512] = foundation && dq && bw && vl && vnni && (state & 0xe6) == 0xe6;
  if (!found.levels[AT_ISA_AVX512]) return found;
  if (subleaves >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) found.bfloat16 = a >> 5 & 1;
  found.levels[AT_ISA_AMX] = found.bfloat16 && tile && tile_bf16 && tile_int8 && (state & 0x60000) == 0x60000 &&
                             amx_permitted();
  return found;
}

#elif defined(__aarch64__)

static features ask_processor(void) {
  features found = {.levels = {[AT_ISA_PORTABLE] = true, [AT_ISA_NEON] = true}};
#if defined(__linux__)
  enum { hwcap2_bf16 = 1 << 14 };
  found.bfloat16 = (getauxval(AT_HWCAP2) & hwcap2_bf16) != 0;
#elif defined(__APPLE__)
  int has = 0;
  size_t size = sizeof has;
  found.bfloat16 = sysctlbyname("hw.optional.arm.FEAT_BF16", &has, &size, NULL, 0) == 0 && has;
#endif
  return found;
}

#else

static features ask_processor(void) { return (features){.levels = {[AT_ISA_PORTABLE] = true}}; }

#endif

// Bits 0...AT_ISA_COUNT−1: levels; the next one: bfloat16; the top one: asked. Asking twice is harmless.
static uint32_t known_features(void) {
  static _Atomic(uint32_t) known;
  uint32_t bits = atomic_load_explicit(&known, memory_order_acquire);
  if (bits) return bits;
  features found = ask_processor();
  bits = UINT32_C(1) << 31 | (uint32_t)found.bfloat16 << AT_ISA_COUNT;
  for (int level = 0; level < AT_ISA_COUNT; level++) bits |= (uint32_t)found.levels[level] << level;
  atomic_store_explicit(&known, bits, memory_order_release);
  return bits;
}

bool at_isa_supported(at_isa level) {
  return (int)level >= 0 && (int)level < AT_ISA_COUNT && (known_features() >> (int)level & 1);
}

bool at_has_bfloat16_products(void) { return known_features() >> AT_ISA_COUNT & 1; }
