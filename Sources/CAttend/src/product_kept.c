// One column's blocks in a quantized panel: written by packing, read by embeddings, tests and the portable level.
#include <string.h>
#include "blocks.h"

static uint32_t word_at(const uint8_t *bytes) {
  uint32_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

// Word i of an array that is `width` words wide.
static void put_word(uint8_t *words, size_t width, size_t column, int i, uint32_t word) {
  memcpy(words + 4 * ((size_t)i * width + column), &word, sizeof word);
}
static uint32_t get_word(const uint8_t *words, size_t width, size_t column, int i) {
  return word_at(words + 4 * ((size_t)i * width + column));
}

// The bits of an element from place `shift` on, `bits` of each byte of `words`: those of step j above those of step j − 1.
static void put_bits(uint8_t *words, size_t width, size_t column, int count, int bits, int shift, const uint8_t *codes) {
  int steps = 8 / bits;
  for (int w = 0; w < count; w++) {
    uint32_t word = 0, mask = bits == 1 ? 0x01010101 : 0x03030303;
    for (int j = 0; j < steps; j++) word |= (word_at(codes + 4 * (w * steps + j)) >> shift & mask) << (bits * j);
    put_word(words, width, column, w, word);
  }
}
static uint32_t get_bits(const uint8_t *words, size_t width, size_t column, int bits, int j) {
  int steps = 8 / bits;
  return get_word(words, width, column, j / steps) >> (bits * (j % steps)) & (bits == 1 ? 0x01010101 : 0x03030303);
}

// A value as its form's bits.
static uint8_t code_of(at_form form, int8_t q) {
  if (!at_has_codebook(form)) return (uint8_t)(q + at_zero_of(form));
  uint8_t code = 0;
  while (code < 15 && at_codebook_of(form)[code] != q) code++;
  return code;
}

void at_keep_block(at_form form, uint8_t flip, size_t width, size_t column, int index, const at_block *block,
                   uint8_t *unit) {
  at_layout layout = at_layout_of(form);
  if (index == 0 && form == AT_FORM_Q8_K) memcpy(unit + 4 * column, &block->scale[0], 4);
  if (index == 0 && form != AT_FORM_Q8_K) {
    if (layout.halves > 0) memcpy(unit + 2 * column, &block->d, 2);
    if (layout.halves > 1) memcpy(unit + 2 * (width + column), &block->m, 2);
  }
  uint8_t *at = unit + (2 * layout.halves + (size_t)index * at_block_bytes(layout)) * width;
  for (int f = 0; f < layout.factors; f++) at[(size_t)f * width + column] = (uint8_t)block->factor[f];
  uint8_t *singles = at + layout.factors * width, *pairs = singles + 4 * layout.singles * width;
  uint8_t *words = pairs + 4 * layout.pairs * width, codes[AT_QUANT_BLOCK];
  for (int i = 0; i < AT_QUANT_BLOCK; i++) codes[i] = code_of(form, block->q[i]);
  if (layout.words == 8) {
    for (int j = 0; j < 8; j++) put_word(words, width, column, j, word_at(codes + 4 * j) ^ flip * 0x01010101u);
    return;
  }
  for (int p = 0; p < layout.words; p++)
    put_word(words, width, column, p,
             (word_at(codes + 4 * p) & 0x0f0f0f0f) | (word_at(codes + 16 + 4 * p) & 0x0f0f0f0f) << 4);
  put_bits(pairs, width, column, layout.pairs, 2, layout.words, codes);
  put_bits(singles, width, column, layout.singles, 1, layout.words + layout.pairs, codes);
}

void at_kept_block(at_form form, uint8_t flip, size_t width, size_t column, int index, const uint8_t *unit,
                   at_block *block) {
  at_layout layout = at_layout_of(form);
  *block = (at_block){0};
  const uint8_t *at = unit + (2 * layout.halves + (size_t)index * at_block_bytes(layout)) * width;
  uint16_t d = layout.halves > 0 ? at_half_at(unit + 2 * column) : 0;
  uint16_t m = layout.halves > 1 ? at_half_at(unit + 2 * (width + column)) : 0;
  if (form == AT_FORM_Q8_K)
    at_set_float_scale(block, unit + 4 * column);
  else if (form == AT_FORM_MXFP4)
    at_set_exponent(block, at[column]);
  else if (form == AT_FORM_IQ4_XS)
    at_set_factor(block, d, (int8_t)at[column]);
  else if (form == AT_FORM_Q2_K)
    at_set_nibble_factors(block, d, m, at[column], at[width + column]);
  else if (at_has_half_factors(form))
    at_set_half_factors(block, d, (int8_t)at[column], (int8_t)at[width + column]);
  else if (layout.factors > 0)
    at_set_factors(block, d, m, at[column], at[width + column]);
  else if (layout.halves > 1)
    at_set_scale_and_minimum(block, d, m);
  else
    at_set_scale(block, d);
  const uint8_t *singles = at + layout.factors * width, *pairs = singles + 4 * layout.singles * width;
  const uint8_t *words = pairs + 4 * layout.pairs * width;
  uint32_t values[8] = {0};
  for (int j = 0; j < 8; j++) {
    if (layout.words == 8) {
      values[j] = get_word(words, width, column, j) ^ flip * 0x01010101u;
      continue;
    }
    if (layout.words > 0) values[j] = get_word(words, width, column, j % 4) >> (j / 4 * 4) & 0x0f0f0f0f;
    if (layout.pairs > 0) values[j] |= get_bits(pairs, width, column, 2, j) << layout.words;
    if (layout.singles > 0) values[j] |= get_bits(singles, width, column, 1, j) << (layout.words + layout.pairs);
  }
  for (int i = 0; i < AT_QUANT_BLOCK; i++) {
    uint8_t code = (uint8_t)(values[i / 4] >> (i % 4 * 8));
    block->q[i] = at_has_codebook(form) ? at_codebook_of(form)[code] : (int8_t)((int)code - at_zero_of(form));
  }
}
