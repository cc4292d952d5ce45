// ggml's super-blocks of 256: eight blocks of 32 whose scales are small integers times half-precision numbers.
//
// Layouts (ggml-common.h), bytes in order:
//   Q2_K   16 × {scale, minimum: 4 bits}; 64 bytes of 2 bits; f16 d, m      blocks of 16: d·s·q − m·n
//   Q3_K   32 bytes of high bits; 64 bytes of 2 bits; 12 bytes of 6-bit scales; f16 d    d·(s − 32)·(q − 4)
//   Q4_K   f16 d, m; 12 bytes of 6-bit scales and minima; 128 bytes of 4 bits            d·s·q − m·n
//   Q5_K   as Q4_K, with 32 bytes of high bits before the 4 bits
//   Q6_K   128 bytes of 4 bits; 64 bytes of 2 high bits; 16 int8 scales; f16 d           d·s·(q − 32)
//   Q8_K   f32 d; 256 int8; 16 int16 sums (not needed)                                   d·q
//   IQ4_XS f16 d; u16 high bits and 4 bytes of low bits of 6-bit scales; 128 bytes       d·(s − 32)·codebook[q]
#include <string.h>
#include "blocks.h"

// Scale and minimum of block j, 6 bits each: the first four have bytes of their own, whose upper bits hold the upper
// bits of the last four.
static void six_bits(const uint8_t *packed, int j, int *scale, int *minimum) {
  if (j < 4) {
    *scale = packed[j] & 63;
    *minimum = packed[j + 4] & 63;
  } else {
    *scale = (packed[j + 4] & 15) | packed[j - 4] >> 6 << 4;
    *minimum = packed[j + 4] >> 4 | packed[j] >> 6 << 4;
  }
}

// Scale i of Q3_K: low nibbles of bytes 0–7 are those of 0–7, high nibbles those of 8–15; bytes 8–11 hold two bits of
// each, those of scales i, i + 4, i + 8, i + 12 in byte 8 + i % 4.
static int q3_scale(const uint8_t *packed, int i) {
  int low = i < 8 ? packed[i] & 15 : packed[i - 8] >> 4;
  return (low | (packed[8 + i % 4] >> (2 * (i / 4)) & 3) << 4) - 32;
}

// Two bits of 32 elements: 128 elements share 32 bytes.
static void read_pairs_of_bits(const uint8_t *bytes, int index, int8_t *q) {
  bytes += index / 4 * 32;
  for (int i = 0; i < AT_QUANT_BLOCK; i++) q[i] = (int8_t)(bytes[i] >> (2 * (index % 4)) & 3);
}

// Nibbles of Q4_K and Q5_K: blocks 2i and 2i + 1 are the low and the high ones of the same 32 bytes.
static void read_split_nibbles(const uint8_t *bytes, int index, int8_t *q) {
  bytes += index / 2 * 32;
  for (int i = 0; i < AT_QUANT_BLOCK; i++) q[i] = (int8_t)(bytes[i] >> (index % 2 * 4) & 15);
}

static void read_q6(const uint8_t *unit, int index, int8_t *q) {
  // 128 elements have 64 bytes of nibbles: their blocks 0 and 1 the low ones, 2 and 3 the high ones.
  const uint8_t *low = unit + index / 4 * 64 + index % 2 * 32, *high = unit + 128 + index / 4 * 32;
  int nibble = index % 4 / 2 * 4, pair = index % 4 * 2;
  for (int i = 0; i < AT_QUANT_BLOCK; i++)
    q[i] = (int8_t)(((low[i] >> nibble & 15) | (high[i] >> pair & 3) << 4) - 32);
}

void at_read_superblock(at_source source, const uint8_t *unit, int index, at_block *block) {
  int scale, minimum;
  switch (source) {
    case AT_SOURCE_Q2_K:
      at_set_nibble_factors(block, at_half_at(unit + 80), at_half_at(unit + 82), unit[2 * index], unit[2 * index + 1]);
      read_pairs_of_bits(unit + 16, index, block->q);
      return;
    case AT_SOURCE_Q3_K:
      at_set_half_factors(block, at_half_at(unit + 108), q3_scale(unit + 96, 2 * index),
                          q3_scale(unit + 96, 2 * index + 1));
      read_pairs_of_bits(unit + 32, index, block->q);
      for (int i = 0; i < AT_QUANT_BLOCK; i++) block->q[i] = (int8_t)(block->q[i] - (unit[i] >> index & 1 ? 0 : 4));
      return;
    case AT_SOURCE_Q4_K:
    case AT_SOURCE_Q5_K:
      six_bits(unit + 4, index, &scale, &minimum);
      at_set_factors(block, at_half_at(unit), at_half_at(unit + 2), scale, minimum);
      read_split_nibbles(unit + (source == AT_SOURCE_Q4_K ? 16 : 48), index, block->q);
      if (source == AT_SOURCE_Q5_K)
        for (int i = 0; i < AT_QUANT_BLOCK; i++)
          block->q[i] = (int8_t)(block->q[i] | (unit[16 + i] >> index & 1) << 4);
      return;
    case AT_SOURCE_Q6_K:
      at_set_half_factors(block, at_half_at(unit + 208), (int8_t)unit[192 + 2 * index],
                          (int8_t)unit[193 + 2 * index]);
      read_q6(unit, index, block->q);
      return;
    case AT_SOURCE_Q8_K:
      at_set_float_scale(block, unit);
      memcpy(block->q, unit + 4 + index * AT_QUANT_BLOCK, AT_QUANT_BLOCK);
      return;
    case AT_SOURCE_IQ4_XS: {
      uint16_t high = at_half_at(unit + 2);
      scale = (unit[4 + index / 2] >> (index % 2 * 4) & 15) | (high >> (2 * index) & 3) << 4;
      at_set_factor(block, at_half_at(unit), scale - 32);
      at_read_codes(unit + 8 + index * 16, at_iq4_values, block->q);
      return;
    }
    default: return;
  }
}
