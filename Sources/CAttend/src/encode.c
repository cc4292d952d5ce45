// Encoders: dense formats and blocks of 32. The layouts are in product_sources.c.
#include <string.h>
#include "at_encoding.h"
#include "encode.h"
#include "encode_search.h"
#include "half.h"

bool at_can_encode(at_source format) {
  switch (format) {
    case AT_SOURCE_F32:
    case AT_SOURCE_BF16:
    case AT_SOURCE_F16:
    case AT_SOURCE_Q4_0:
    case AT_SOURCE_Q4_1:
    case AT_SOURCE_Q5_0:
    case AT_SOURCE_Q5_1:
    case AT_SOURCE_Q8_0:
    case AT_SOURCE_Q4_K:
    case AT_SOURCE_Q5_K:
    case AT_SOURCE_Q6_K: return true;
    default: return false;
  }
}

bool at_put_half(float x, uint8_t *bytes, float *kept) {
  uint16_t half = at_f32_to_f16(x);
  bytes[0] = (uint8_t)half;
  bytes[1] = (uint8_t)(half >> 8);
  *kept = at_f16_to_f32(half);
  return (half & 0x7c00) != 0x7c00;
}

// Nibbles, and the fifth bits where there are any: element i in the low nibble of byte i, 16 + i in the high one.
static void put_codes(const int8_t *codes, int zero, uint8_t *nibbles, uint8_t *high_bits) {
  for (int i = 0; i < 16; i++)
    nibbles[i] = (uint8_t)(((codes[i] + zero) & 15) | ((codes[i + 16] + zero) & 15) << 4);
  if (!high_bits) return;
  memset(high_bits, 0, 4);
  for (int i = 0; i < 32; i++) high_bits[i / 8] |= (uint8_t)(((codes[i] + zero) >> 4 & 1) << (i % 8));
}

static bool encode_scaled(int limit, const float *x, uint8_t *block) {
  float weight[32], scale;
  int8_t codes[32];
  at_importance(32, x, weight);
  if (!at_put_half(at_fit_scale(32, limit, x, weight), block, &scale)) return false;
  at_codes(32, -limit, limit - 1, scale, 0, x, codes);
  bool has_high_bits = limit == 16;
  put_codes(codes, limit, block + (has_high_bits ? 6 : 2), has_high_bits ? block + 2 : NULL);
  return true;
}

static bool encode_lined(int top, const float *x, uint8_t *block) {
  float weight[32], scale, minimum;
  int8_t codes[32];
  at_importance(32, x, weight);
  at_line line = at_fit_line(32, top, false, x, weight);
  if (!at_put_half(line.scale, block, &scale) || !at_put_half(line.minimum, block + 2, &minimum)) return false;
  at_codes(32, 0, top, scale, minimum, x, codes);
  bool has_high_bits = top == 31;
  put_codes(codes, 0, block + (has_high_bits ? 8 : 4), has_high_bits ? block + 4 : NULL);
  return true;
}

static bool encode_q8_0(const float *x, uint8_t *block) {
  float scale;
  if (!at_put_half(fabsf(at_extreme(32, x)) / 127, block, &scale)) return false;
  at_codes(32, -127, 127, scale, 0, x, (int8_t *)block + 2);
  return true;
}

static bool encode_block(at_source format, const float *x, uint8_t *block) {
  switch (format) {
    case AT_SOURCE_Q4_0: return encode_scaled(8, x, block);
    case AT_SOURCE_Q4_1: return encode_lined(15, x, block);
    case AT_SOURCE_Q5_0: return encode_scaled(16, x, block);
    case AT_SOURCE_Q5_1: return encode_lined(31, x, block);
    case AT_SOURCE_Q8_0: return encode_q8_0(x, block);
    default: return at_encode_superblock(format, x, block);
  }
}

static bool encode_dense(at_source format, size_t k, const float *row, uint8_t *out) {
  if (format == AT_SOURCE_F32) {
    memcpy(out, row, k * sizeof(float));
    return true;
  }
  bool fits = true;
  uint16_t infinity = format == AT_SOURCE_BF16 ? 0x7f80 : 0x7c00;
  for (size_t i = 0; i < k; i++) {
    uint16_t half = format == AT_SOURCE_BF16 ? at_f32_to_bf16(row[i]) : at_f32_to_f16(row[i]);
    memcpy(out + 2 * i, &half, sizeof half);
    fits &= (half & 0x7fff) != infinity || isinf(row[i]);
  }
  return fits;
}

bool at_source_from_f32(at_source format, size_t k, const float *row, void *out) {
  size_t unit = at_source_block(format), bytes = at_source_block_bytes(format);
  if (!at_can_encode(format) || k % unit) return false;
  if (unit == 1) return encode_dense(format, k, row, out);
  // More than any format reaches, and little enough for sums of squares.
  const float largest = 1e9f;
  for (size_t i = 0; i < k; i += unit) {
    bool in_range = true;
    for (size_t j = 0; j < unit; j++) in_range &= fabsf(row[i + j]) <= largest;
    if (!in_range || !encode_block(format, row + i, (uint8_t *)out + i / unit * bytes)) return false;
  }
  return true;
}
