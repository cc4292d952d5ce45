// Attention, plainly: the specification of the other levels. A row at a time: all its scores, their softmax, the
// weighted sum of values. Blocks hold 64 rows of keys, then 64 rows of values.
#include "attention.h"

static size_t element_bytes(at_element element) { return element == AT_F32 ? 4 : 2; }

static void store(at_element element, void *to, size_t index, float value) {
  if (element == AT_F32) {
    ((float *)to)[index] = value;
  } else {
    ((uint16_t *)to)[index] = at_bf16_from_f32(value);
  }
}

static float fetch(at_element element, const void *from, size_t index) {
  if (element == AT_F32) return ((const float *)from)[index];
  return at_f32_from_bf16(((const uint16_t *)from)[index]);
}

static size_t block_bytes(at_element element, size_t key_width, size_t value_width) {
  return (AT_KV_BLOCK * (key_width + value_width) * element_bytes(element) + 63) / 64 * 64;
}

static void write_block(at_element element, size_t key_width, size_t value_width, void *block, size_t first,
                        size_t count, const float *keys, size_t key_stride, const float *values, size_t value_stride) {
  for (size_t i = 0; i < count; i++) {
    for (size_t d = 0; d < key_width; d++) {
      store(element, block, (first + i) * key_width + d, keys[i * key_stride + d]);
    }
    for (size_t d = 0; d < value_width; d++) {
      size_t index = AT_KV_BLOCK * key_width + (first + i) * value_width + d;
      store(element, block, index, values[i * value_stride + d]);
    }
  }
}

static void read_block(at_element element, size_t key_width, size_t value_width, const void *block, size_t slot,
                       float *key, float *value) {
  for (size_t d = 0; d < key_width; d++) key[d] = fetch(element, block, slot * key_width + d);
  for (size_t d = 0; d < value_width; d++) {
    value[d] = fetch(element, block, AT_KV_BLOCK * key_width + slot * value_width + d);
  }
}

static float score(const at_attention *attention, const float *query, const void *block, size_t slot) {
  size_t width = attention->key_width;
  float sum = 0;
  for (size_t d = 0; d < width; d++) sum += query[d] * fetch(attention->element, block, slot * width + d);
  float scaled = sum * attention->scale;
  return attention->soft_cap != 0 ? attention->soft_cap * tanhf(scaled / attention->soft_cap) : scaled;
}

static void attend_row(const at_attention_rows *rows, size_t index) {
  const at_attention *attention = rows->attention;
  at_row_place place = at_place_row(rows, index);
  at_key_range keys = at_visible_keys(attention, rows->sequence, place.query);
  const float *query = at_row_queries(rows, place), *bias = at_row_bias(attention, place);
  const void *const *blocks = at_row_blocks(rows);
  size_t key_width = attention->key_width, value_width = attention->value_width;
  float *out = at_row_out(attention, place);
  float *scores = at_scratch(AT_ATTENTION_TILE_SLOT, (keys.end - keys.begin + 1) * sizeof(float));
  float largest = -INFINITY;
  for (size_t key = keys.begin; key < keys.end; key++) {
    float s = score(attention, query, blocks[key / AT_KV_BLOCK], key % AT_KV_BLOCK);
    if (bias) s += bias[(ptrdiff_t)key * attention->bias_key];
    if (s > largest) largest = s;
    scores[key - keys.begin] = s;
  }
  // With every score −∞ (or NaN) the weights are exp(−∞) = 0 (or NaN).
  if (largest == -INFINITY) largest = 0;
  float sum = 0;
  memset(out, 0, value_width * sizeof(float));
  for (size_t key = keys.begin; key < keys.end; key++) {
    float weight = expf(scores[key - keys.begin] - largest);
    size_t first = AT_KV_BLOCK * key_width + key % AT_KV_BLOCK * value_width;
    sum += weight;
    for (size_t d = 0; d < value_width; d++) {
      out[d] += weight * fetch(attention->element, blocks[key / AT_KV_BLOCK], first + d);
    }
  }
  if (sum == 0) return;
  for (size_t d = 0; d < value_width; d++) out[d] /= sum;
}

static void prompt(const at_attention_rows *rows) {
  for (size_t i = 0; i < rows->count; i++) attend_row(rows, i);
}

const at_attention_kernels at_attention_portable = {
    .tile_rows = 16,
    .block_bytes = block_bytes,
    .write = write_block,
    .read = read_block,
    .prompt = prompt,
};
