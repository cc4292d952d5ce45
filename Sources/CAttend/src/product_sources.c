// The formats that weights come in, and the one unpack of each in plain C.
//
// Blocks of 32: Q4_0 {f16 d; 16 bytes}: d·(q − 8); Q4_1 {f16 d, m; 16 bytes}: d·q + m; Q8_0 {f16 d; 32 int8}: d·q;
// Q5_0 {f16 d; u32 h; 16 bytes}: d·(q − 16) and Q5_1 {f16 d, m; u32 h; 16 bytes}: d·q + m, bit i of h the high bit of
// element i; IQ4_NL {f16 d; 16 bytes}: d·codebook[q]; MXFP4 {u8 e; 16 bytes}: 2^(e − 128)·codebook[q].
// Byte i of a 4-bit block holds element i (low nibble) and element 16 + i (high nibble).
// Super-blocks of 256: see product_superblocks.c. A product scale · q is exact in float32 wherever the scale comes from
// half precision, so fused and separate multiply-add agree.
#include <string.h>
#include "blocks.h"

typedef struct source_size {
  uint16_t elements, bytes;
} source_size;

static const source_size sizes[AT_SOURCE_COUNT] = {
    [AT_SOURCE_F32] = {1, 4},      [AT_SOURCE_BF16] = {1, 2},     [AT_SOURCE_F16] = {1, 2},
    [AT_SOURCE_Q4_0] = {32, 18},   [AT_SOURCE_Q4_1] = {32, 20},   [AT_SOURCE_Q8_0] = {32, 34},
    [AT_SOURCE_Q5_0] = {32, 22},   [AT_SOURCE_Q5_1] = {32, 24},   [AT_SOURCE_IQ4_NL] = {32, 18},
    [AT_SOURCE_MXFP4] = {32, 17},  [AT_SOURCE_Q2_K] = {256, 84},  [AT_SOURCE_Q3_K] = {256, 110},
    [AT_SOURCE_Q4_K] = {256, 144}, [AT_SOURCE_Q5_K] = {256, 176}, [AT_SOURCE_Q6_K] = {256, 210},
    [AT_SOURCE_Q8_K] = {256, 292}, [AT_SOURCE_IQ4_XS] = {256, 136},
};

size_t at_source_block(at_source source) { return source < AT_SOURCE_COUNT ? sizes[source].elements : 1; }

size_t at_source_block_bytes(at_source source) { return source < AT_SOURCE_COUNT ? sizes[source].bytes : 0; }

size_t at_source_row_bytes(at_source source, size_t k) {
  size_t block = at_source_block(source), bytes;
  if (k % block || __builtin_mul_overflow(k / block, at_source_block_bytes(source), &bytes)) return 0;
  return bytes;
}

static const at_form own_forms[AT_SOURCE_COUNT] = {
    [AT_SOURCE_Q4_0] = AT_FORM_Q4_0,     [AT_SOURCE_Q4_1] = AT_FORM_Q4_1, [AT_SOURCE_Q8_0] = AT_FORM_Q8_0,
    [AT_SOURCE_Q5_0] = AT_FORM_Q5_0,     [AT_SOURCE_Q5_1] = AT_FORM_Q5_1, [AT_SOURCE_IQ4_NL] = AT_FORM_IQ4_NL,
    [AT_SOURCE_MXFP4] = AT_FORM_MXFP4,   [AT_SOURCE_Q2_K] = AT_FORM_Q2_K, [AT_SOURCE_Q3_K] = AT_FORM_Q3_K,
    [AT_SOURCE_Q4_K] = AT_FORM_Q4_K,     [AT_SOURCE_Q5_K] = AT_FORM_Q5_K, [AT_SOURCE_Q6_K] = AT_FORM_Q6_K,
    [AT_SOURCE_Q8_K] = AT_FORM_Q8_K,     [AT_SOURCE_IQ4_XS] = AT_FORM_IQ4_XS,
};

bool at_form_accepts(at_form form, at_source source) {
  if (form >= AT_FORM_COUNT || source >= AT_SOURCE_COUNT) return false;
  if (form == AT_FORM_F32 || form == AT_FORM_BF16) return true;
  return at_source_block(source) == 1 ? form == AT_FORM_Q8_0 : form == own_forms[source];
}

// ---- blocks of 32 --------------------------------------------------------------------------------------

void at_read_nibbles(const uint8_t *bytes, int zero, int8_t *q) {
  for (int i = 0; i < 16; i++) {
    q[i] = (int8_t)((bytes[i] & 15) - zero);
    q[i + 16] = (int8_t)((bytes[i] >> 4) - zero);
  }
}

void at_read_codes(const uint8_t *bytes, const int8_t *codebook, int8_t *q) {
  for (int i = 0; i < 16; i++) {
    q[i] = codebook[bytes[i] & 15];
    q[i + 16] = codebook[bytes[i] >> 4];
  }
}

static void add_high_bits(const uint8_t *bytes, int8_t *q) {
  uint32_t high;
  memcpy(&high, bytes, sizeof high);
  for (int i = 0; i < AT_QUANT_BLOCK; i++) q[i] = (int8_t)(q[i] + (int)(high >> i & 1) * 16);
}

void at_read_block(at_source source, const uint8_t *unit, int index, at_block *block) {
  *block = (at_block){0};
  switch (source) {
    case AT_SOURCE_Q4_0:
      at_set_scale(block, at_half_at(unit));
      at_read_nibbles(unit + 2, 8, block->q);
      return;
    case AT_SOURCE_Q4_1:
      at_set_scale_and_minimum(block, at_half_at(unit), at_half_at(unit + 2));
      at_read_nibbles(unit + 4, 0, block->q);
      return;
    case AT_SOURCE_Q5_0:
      at_set_scale(block, at_half_at(unit));
      at_read_nibbles(unit + 6, 16, block->q);
      add_high_bits(unit + 2, block->q);
      return;
    case AT_SOURCE_Q5_1:
      at_set_scale_and_minimum(block, at_half_at(unit), at_half_at(unit + 2));
      at_read_nibbles(unit + 8, 0, block->q);
      add_high_bits(unit + 4, block->q);
      return;
    case AT_SOURCE_Q8_0:
      at_set_scale(block, at_half_at(unit));
      memcpy(block->q, unit + 2, AT_QUANT_BLOCK);
      return;
    case AT_SOURCE_IQ4_NL:
      at_set_scale(block, at_half_at(unit));
      at_read_codes(unit + 2, at_iq4_values, block->q);
      return;
    case AT_SOURCE_MXFP4:
      at_set_exponent(block, unit[0]);
      at_read_codes(unit + 1, at_e2m1_values, block->q);
      return;
    default: at_read_superblock(source, unit, index, block);
  }
}

void at_block_to_f32(const at_block *block, float *out) {
  for (int i = 0; i < AT_QUANT_BLOCK; i++) out[i] = block->scale[i / 16] * (float)block->q[i] + block->minimum[i / 16];
}

// ---- rows ----------------------------------------------------------------------------------------------

void at_source_to_f32(at_source source, size_t k, const void *row, float *out) {
  const uint8_t *bytes = row;
  switch (source) {
    case AT_SOURCE_F32: memcpy(out, row, k * sizeof(float)); return;
    case AT_SOURCE_BF16:
      for (size_t i = 0; i < k; i++) {
        uint16_t half;
        memcpy(&half, bytes + 2 * i, sizeof half);
        out[i] = at_bf16_to_f32(half);
      }
      return;
    case AT_SOURCE_F16:
      for (size_t i = 0; i < k; i++) out[i] = at_f16_to_f32(at_half_at(bytes + 2 * i));
      return;
    default: break;
  }
  if (source >= AT_SOURCE_COUNT) return;
  size_t unit = at_source_block(source), unit_bytes = at_source_block_bytes(source);
  for (size_t i = 0; i < k; i += AT_QUANT_BLOCK) {
    at_block block;
    at_read_block(source, bytes + i / unit * unit_bytes, (int)(i % unit / AT_QUANT_BLOCK), &block);
    at_block_to_f32(&block, out + i);
  }
}
