// The special instructions of AVX-512 and AMX under names of our own. With AT_EMULATE they are C loops that follow the
// operation section of Intel's manual, so that the logic of these levels runs (slowly) on any x86-64.
//
// Include after simd.h, at an AVX-512 level. Tiles are always full: 16 rows of 64 bytes.
#pragma once

// Four byte products per lane: acc + Σ u8 · i8 (vpdpbusd).
AT_INLINE vi vi_dot_u8i8(vi acc, vi unsigned_bytes, vi signed_bytes) {
#if defined(AT_EMULATE)
  uint8_t u[4 * AT_LANES];
  int8_t s[4 * AT_LANES];
  memcpy(u, &unsigned_bytes, sizeof u);
  memcpy(s, &signed_bytes, sizeof s);
  for (int lane = 0; lane < AT_LANES; lane++)
    for (int i = 4 * lane; i < 4 * lane + 4; i++) acc[lane] += u[i] * s[i];
  return acc;
#else
  return (vi)_mm512_dpbusd_epi32((__m512i)acc, (__m512i)unsigned_bytes, (__m512i)signed_bytes);
#endif
}

// Two products of 16-bit numbers per lane: acc + Σ a · b (vpdpwssd).
AT_INLINE vi vi_dot_i16(vi acc, vi a, vi b) {
#if defined(AT_EMULATE)
  return acc + (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
#else
  return (vi)_mm512_dpwssd_epi32((__m512i)acc, (__m512i)a, (__m512i)b);
#endif
}

#if defined(AT_SIMD_AMX) || defined(AT_SIMD_AVX512BF16)

AT_INLINE float at_bf16_value(uint16_t bits) {
  uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, sizeof value);
  return value;
}

// Two bfloat16 products per lane: acc + a₁b₁ + a₀b₀ (vdpbf16ps), a vi holding the pairs.
AT_INLINE vf vf_dot_bf16(vf acc, vi a, vi b) {
#if defined(AT_EMULATE)
  // The odd elements first, as the manual has it; denormals are not flushed here.
  acc = vf_fma((vf)(a & (int32_t)0xffff0000), (vf)(b & (int32_t)0xffff0000), acc);
  return vf_fma((vf)(a << 16), (vf)(b << 16), acc);
#else
  return (vf)_mm512_dpbf16_ps((__m512)acc, (__m512bh)a, (__m512bh)b);
#endif
}

// 2 · AT_LANES bfloat16 numbers, `low` first (vcvtne2ps2bf16).
AT_INLINE vi vf_pack_bf16(vf low, vf high) {
#if defined(AT_EMULATE)
  vh parts[2] = {vf_to_bf16(low), vf_to_bf16(high)};
  vi packed;
  memcpy(&packed, parts, sizeof packed);
  return packed;
#else
  return (vi)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low);
#endif
}

// AT_LANES bfloat16 numbers (vcvtneps2bf16).
AT_INLINE vh vf_narrow_bf16(vf x) {
#if defined(AT_EMULATE)
  return vf_to_bf16(x);
#else
  return (vh)_mm512_cvtneps_pbh((__m512)x);
#endif
}

#endif

#if defined(AT_SIMD_AMX)

enum { AT_TILE_ROWS = 16, AT_TILE_BYTES = 64 };

#if defined(AT_EMULATE)

typedef struct at_emulated_tile {
  uint8_t bytes[AT_TILE_ROWS][AT_TILE_BYTES];
} at_emulated_tile;

static _Thread_local at_emulated_tile at_emulated_tiles[8];
static _Thread_local bool at_emulated_configured;

static inline void at_emulated_check(void) {
  // The instruction would fault: a kernel that forgot its configuration must not pass under emulation.
  if (!at_emulated_configured) __builtin_trap();
}
static inline void at_tiles_begin(void) { at_emulated_configured = true; }
static inline void at_tiles_end(void) { at_emulated_configured = false; }
static inline void at_emulated_zero(int tile) {
  at_emulated_check();
  memset(&at_emulated_tiles[tile], 0, sizeof at_emulated_tiles[tile]);
}
static inline void at_emulated_load(int tile, const void *from, size_t stride) {
  at_emulated_check();
  for (int row = 0; row < AT_TILE_ROWS; row++)
    memcpy(at_emulated_tiles[tile].bytes[row], (const uint8_t *)from + (size_t)row * stride, AT_TILE_BYTES);
}
static inline void at_emulated_store(int tile, void *to, size_t stride) {
  at_emulated_check();
  for (int row = 0; row < AT_TILE_ROWS; row++)
    memcpy((uint8_t *)to + (size_t)row * stride, at_emulated_tiles[tile].bytes[row], AT_TILE_BYTES);
}
static inline void at_emulated_dot_bf16(int c, int a, int b) {
  at_emulated_check();
  for (int m = 0; m < AT_TILE_ROWS; m++) {
    vi row_a;
    memcpy(&row_a, at_emulated_tiles[a].bytes[m], sizeof row_a);
    vf even = vf_zero(), odd = vf_zero(), sum = vf_load((const float *)at_emulated_tiles[c].bytes[m]);
    for (int k = 0; k < AT_TILE_ROWS; k++) {
      vi pairs_a = (vi)(row_a[k]), pairs_b;
      memcpy(&pairs_b, at_emulated_tiles[b].bytes[k], sizeof pairs_b);
      even = vf_fma((vf)(pairs_a << 16), (vf)(pairs_b << 16), even);
      odd = vf_fma((vf)(pairs_a & (int32_t)0xffff0000), (vf)(pairs_b & (int32_t)0xffff0000), odd);
    }
    vf_store((float *)at_emulated_tiles[c].bytes[m], sum + (even + odd));
  }
}
#define at_tile_zero(tile) at_emulated_zero(tile)
#define at_tile_load(tile, from, stride) at_emulated_load(tile, from, stride)
#define at_tile_store(tile, to, stride) at_emulated_store(tile, to, stride)
#define at_tile_dot_bf16(c, a, b) at_emulated_dot_bf16(c, a, b)

#else

// Palette 1, eight tiles of 16 rows of 64 bytes. In static storage: compilers have dropped stack stores to it.
static const struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t bytes_per_row[16];
  uint8_t rows[16];
} at_tile_configuration __attribute__((aligned(64))) = {
    1, 0, {0}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

// Every thread brackets its tile work: the configuration belongs to the thread, and releasing it saves power and
// context-switch time.
static inline void at_tiles_begin(void) { _tile_loadconfig(&at_tile_configuration); }
static inline void at_tiles_end(void) { _tile_release(); }
// Tile numbers are part of the instruction: constants 0...7.
#define at_tile_zero(tile) _tile_zero(tile)
#define at_tile_load(tile, from, stride) _tile_loadd(tile, from, stride)
#define at_tile_store(tile, to, stride) _tile_stored(tile, to, stride)
#define at_tile_dot_bf16(c, a, b) _tile_dpbf16ps(c, a, b)

#endif
#endif
