// A block of 32 quantized weights in plain C: what every format and every kept form is read as.
#pragma once
#include "products.h"

// Element i is scale[i / 16] · q[i] + minimum[i / 16].
typedef struct at_block {
  // As the kept forms have them: half-precision d and m, and of super-blocks their integer factors. Elements of a block
  // of 16 have a scale d · factor[i / 16]; the others d · factor[0] and a minimum −m · factor[1]. In a factor of Q2_K
  // there are both: 4 bits of the scale's, 4 of the minimum's.
  uint16_t d, m;
  int8_t factor[2];
  int8_t q[AT_QUANT_BLOCK];
  float scale[2], minimum[2];
} at_block;

static inline uint16_t at_half_at(const uint8_t *bytes) {
  uint16_t half;
  __builtin_memcpy(&half, bytes, sizeof half);
  return half;
}

static inline void at_set_scale(at_block *block, uint16_t d) {
  block->d = d;
  block->scale[0] = block->scale[1] = at_f16_to_f32(d);
}

static inline void at_set_scale_and_minimum(at_block *block, uint16_t d, uint16_t m) {
  at_set_scale(block, d);
  block->m = m;
  block->minimum[0] = block->minimum[1] = at_f16_to_f32(m);
}

// A scale d · factor and a minimum −m · minimum_factor, both factors 6 bits.
static inline void at_set_factors(at_block *block, uint16_t d, uint16_t m, int factor, int minimum_factor) {
  block->d = d;
  block->m = m;
  block->factor[0] = (int8_t)factor;
  block->factor[1] = (int8_t)minimum_factor;
  block->scale[0] = block->scale[1] = at_f16_to_f32(d) * (float)factor;
  block->minimum[0] = block->minimum[1] = -(at_f16_to_f32(m) * (float)minimum_factor);
}

// Each half of the block has a scale d · factor.
static inline void at_set_half_factors(at_block *block, uint16_t d, int first, int second) {
  block->d = d;
  block->factor[0] = (int8_t)first;
  block->factor[1] = (int8_t)second;
  block->scale[0] = at_f16_to_f32(d) * (float)first;
  block->scale[1] = at_f16_to_f32(d) * (float)second;
}

// Each half of the block has a scale d · (factor & 15) and a minimum −m · (factor / 16).
static inline void at_set_nibble_factors(at_block *block, uint16_t d, uint16_t m, uint8_t first, uint8_t second) {
  uint8_t factors[2] = {first, second};
  block->d = d;
  block->m = m;
  for (int half = 0; half < 2; half++) {
    block->factor[half] = (int8_t)factors[half];
    block->scale[half] = at_f16_to_f32(d) * (float)(factors[half] & 15);
    block->minimum[half] = -(at_f16_to_f32(m) * (float)(factors[half] >> 4));
  }
}

// A scale d · factor.
static inline void at_set_factor(at_block *block, uint16_t d, int factor) { at_set_half_factors(block, d, factor, factor); }

// A scale 2^(e − 128), subnormal for the two smallest.
static inline void at_set_exponent(at_block *block, uint8_t e) {
  block->factor[0] = (int8_t)e;
  block->scale[0] = block->scale[1] = at_float_of(e < 2 ? 0x00200000u << e : (uint32_t)(e - 1) << 23);
}

// A scale in single precision.
static inline void at_set_float_scale(at_block *block, const uint8_t *bytes) {
  __builtin_memcpy(&block->scale[0], bytes, sizeof(float));
  block->scale[1] = block->scale[0];
}

// Block `index` of a quantized source's block or super-block.
void at_read_block(at_source source, const uint8_t *unit, int index, at_block *block);
void at_read_superblock(at_source source, const uint8_t *unit, int index, at_block *block);
void at_read_nibbles(const uint8_t *bytes, int zero, int8_t *q);
void at_read_codes(const uint8_t *bytes, const int8_t *codebook, int8_t *q);
void at_block_to_f32(const at_block *block, float *out);

// One column's share of a quantized unit (see products.h): `unit` is the panel's, `width` columns wide. `flip` is the
// level's q8_flip.
void at_keep_block(at_form form, uint8_t flip, size_t width, size_t column, int index, const at_block *block,
                   uint8_t *unit);
void at_kept_block(at_form form, uint8_t flip, size_t width, size_t column, int index, const uint8_t *unit,
                   at_block *block);
