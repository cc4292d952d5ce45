// The formats that weights come in, and the one unpack of each.
//
// GGUF blocks of 32: Q4_0 {f16 d; 16 bytes}: d·(q − 8); Q4_1 {f16 d, m; 16 bytes}: d·q + m; Q8_0 {f16 d; 32 int8}: d·q.
// Byte i of a 4-bit block holds element i (low nibble) and element 16 + i (high nibble).
// d·q is exact in float32 (11 + 8 bits), so fused and separate multiply-add agree.
#include <string.h>
#include "products.h"

size_t at_source_block(at_source source) { return source >= AT_SOURCE_Q4_0 ? AT_QUANT_BLOCK : 1; }

size_t at_source_block_bytes(at_source source) {
  switch (source) {
    case AT_SOURCE_F32: return 4;
    case AT_SOURCE_BF16:
    case AT_SOURCE_F16: return 2;
    case AT_SOURCE_Q4_0: return 18;
    case AT_SOURCE_Q4_1: return 20;
    case AT_SOURCE_Q8_0: return 34;
    default: return 0;
  }
}

size_t at_source_row_bytes(at_source source, size_t k) {
  size_t block = at_source_block(source), bytes;
  if (k % block || __builtin_mul_overflow(k / block, at_source_block_bytes(source), &bytes)) return 0;
  return bytes;
}

bool at_form_accepts(at_form form, at_source source) {
  switch (form) {
    case AT_FORM_F32:
    case AT_FORM_BF16: return source < AT_SOURCE_COUNT;
    case AT_FORM_Q4_0: return source == AT_SOURCE_Q4_0;
    case AT_FORM_Q4_1: return source == AT_SOURCE_Q4_1;
    case AT_FORM_Q8_0: return source == AT_SOURCE_Q8_0;
    default: return false;
  }
}

static float read_f16(const uint8_t *from) {
  uint16_t half;
  memcpy(&half, from, sizeof half);
  return at_f16_to_f32(half);
}

static void unpack_nibbles(const uint8_t *bytes, float scale, int zero, float minimum, float *out) {
  for (int i = 0; i < 16; i++) {
    out[i] = scale * (float)((bytes[i] & 15) - zero) + minimum;
    out[i + 16] = scale * (float)((bytes[i] >> 4) - zero) + minimum;
  }
}

void at_source_to_f32(at_source source, size_t k, const void *row, float *out) {
  const uint8_t *bytes = row;
  switch (source) {
    case AT_SOURCE_F32: memcpy(out, row, k * sizeof(float)); break;
    case AT_SOURCE_BF16:
      for (size_t i = 0; i < k; i++) {
        uint16_t half;
        memcpy(&half, bytes + 2 * i, sizeof half);
        out[i] = at_bf16_to_f32(half);
      }
      break;
    case AT_SOURCE_F16:
      for (size_t i = 0; i < k; i++) out[i] = read_f16(bytes + 2 * i);
      break;
    case AT_SOURCE_Q4_0:
      for (size_t i = 0; i < k; i += 32, bytes += 18) unpack_nibbles(bytes + 2, read_f16(bytes), 8, 0, out + i);
      break;
    case AT_SOURCE_Q4_1:
      for (size_t i = 0; i < k; i += 32, bytes += 20)
        unpack_nibbles(bytes + 4, read_f16(bytes), 0, read_f16(bytes + 2), out + i);
      break;
    case AT_SOURCE_Q8_0:
      for (size_t i = 0; i < k; i += 32, bytes += 34) {
        float scale = read_f16(bytes);
        for (size_t j = 0; j < 32; j++) out[i + j] = scale * (float)(int8_t)bytes[2 + j];
      }
      break;
    default: break;
  }
}
