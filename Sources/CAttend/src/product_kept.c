// One column's blocks in a quantized panel: written by packing, read by embeddings, tests and the portable level.
#include <string.h>
#include "blocks.h"

// What is added to the values of a form to make them bytes (or nibbles and high bits) without a sign.
static int zero_of(at_form form) {
  return form == AT_FORM_Q4_0 ? 8 : form == AT_FORM_Q5_0 ? 16 : form == AT_FORM_Q6_K ? 32 : 0;
}

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

void at_keep_block(at_form form, uint8_t flip, size_t width, size_t column, int index, const at_block *block,
                   uint8_t *unit) {
  at_layout layout = at_layout_of(form);
  if (index == 0) {
    memcpy(unit + 2 * column, &block->d, 2);
    if (layout.halves > 1) memcpy(unit + 2 * (width + column), &block->m, 2);
  }
  uint8_t *at = unit + (2 * layout.halves + (size_t)index * at_block_bytes(layout)) * width;
  for (int f = 0; f < layout.factors; f++) at[(size_t)f * width + column] = (uint8_t)block->factor[f];
  uint8_t *high = at + layout.factors * width, *words = high + 4 * layout.high * width, codes[AT_QUANT_BLOCK];
  int zero = zero_of(form);
  for (int i = 0; i < AT_QUANT_BLOCK; i++) codes[i] = (uint8_t)(block->q[i] + zero);
  if (layout.words == 8) {
    for (int j = 0; j < 8; j++) put_word(words, width, column, j, word_at(codes + 4 * j) ^ flip * 0x01010101u);
    return;
  }
  for (int p = 0; p < 4; p++)
    put_word(words, width, column, p,
             (word_at(codes + 4 * p) & 0x0f0f0f0f) | (word_at(codes + 16 + 4 * p) & 0x0f0f0f0f) << 4);
  // Bits above the nibble of elements 4j…4j + 3, those of step j above those of step j − 1.
  int bits = layout.high, steps = 8 / (bits > 0 ? bits : 1);
  for (int h = 0; h < layout.high; h++) {
    uint32_t word = 0, mask = bits == 1 ? 0x01010101 : 0x03030303;
    for (int j = 0; j < steps; j++) word |= (word_at(codes + 4 * (h * steps + j)) >> 4 & mask) << (bits * j);
    put_word(high, width, column, h, word);
  }
}

void at_kept_block(at_form form, uint8_t flip, size_t width, size_t column, int index, const uint8_t *unit,
                   at_block *block) {
  at_layout layout = at_layout_of(form);
  *block = (at_block){0};
  const uint8_t *at = unit + (2 * layout.halves + (size_t)index * at_block_bytes(layout)) * width;
  uint16_t d = at_half_at(unit + 2 * column), m = layout.halves > 1 ? at_half_at(unit + 2 * (width + column)) : 0;
  if (form == AT_FORM_Q6_K)
    at_set_half_factors(block, d, (int8_t)at[column], (int8_t)at[width + column]);
  else if (layout.factors > 0)
    at_set_factors(block, d, m, at[column], at[width + column]);
  else if (layout.halves > 1)
    at_set_scale_and_minimum(block, d, m);
  else
    at_set_scale(block, d);
  const uint8_t *high = at + layout.factors * width, *words = high + 4 * layout.high * width;
  uint32_t values[8];
  int bits = layout.high, steps = 8 / (bits > 0 ? bits : 1);
  for (int j = 0; j < 8; j++) {
    if (layout.words == 8) {
      values[j] = get_word(words, width, column, j) ^ flip * 0x01010101u;
      continue;
    }
    values[j] = get_word(words, width, column, j % 4) >> (j / 4 * 4) & 0x0f0f0f0f;
    if (bits > 0)
      values[j] |= (get_word(high, width, column, j / steps) >> (bits * (j % steps)) &
                    (bits == 1 ? 0x01010101 : 0x03030303)) << 4;
  }
  int zero = zero_of(form);
  for (int i = 0; i < AT_QUANT_BLOCK; i++) block->q[i] = (int8_t)((int)(uint8_t)(values[i / 4] >> (i % 4 * 8)) - zero);
}
