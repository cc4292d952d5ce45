// Attention at the AMX level. Float32 is what AVX-512 does; bfloat16 has blocks of its own (attention_pairs.inc), tiles
// for prompts and float32 products for decode, which is bound by reading the keys.
#if defined(__x86_64__)
#define AT_SIMD_AMX
#include "attention.h"
#include "simd.h"
#include "simd_random.h"
#include "emulate_x86.h"

enum { AT_SPAN = 256, AT_MOST_ROWS = 32 };  // keys of one softmax step, rows that share a pass over the keys
#include "attention_transpose.inc"
#include "attention_pairs.inc"
#include "attention_blocks.inc"
#include "attention_drops.inc"
#include "attention.inc"
#include "attention_tiles.inc"

static void pack_any(const at_attention_rows *rows, const tile *tile);
#define AT_PACK_QUERIES pack_any
#define AT_ATTEND_SPAN(rows, ...) \
  ((rows)->attention->decode ? attend_span(rows, __VA_ARGS__) : attend_span_in_tiles(rows, __VA_ARGS__))
#include "attention_tile.inc"

static void pack_any(const at_attention_rows *rows, const tile *tile) {
  if (rows->attention->decode) {
    pack_queries(rows, tile);
  } else {
    pack_query_tiles(rows, tile);
  }
}

static size_t any_block_bytes(at_element element, size_t key_width, size_t value_width) {
  if (element == AT_F32) return at_attention_avx512.block_bytes(element, key_width, value_width);
  return block_bytes(element, key_width, value_width);
}

static void write_any(at_element element, size_t key_width, size_t value_width, void *block, size_t first,
                      size_t count, const float *keys, size_t key_stride, const float *values, size_t value_stride) {
  (element == AT_F32 ? at_attention_avx512.write : write_block)(element, key_width, value_width, block, first, count,
                                                                keys, key_stride, values, value_stride);
}

static void read_any(at_element element, size_t key_width, size_t value_width, const void *block, size_t slot,
                     float *key, float *value) {
  (element == AT_F32 ? at_attention_avx512.read : read_block)(element, key_width, value_width, block, slot, key,
                                                              value);
}

static void prompt_any(const at_attention_rows *rows) {
  if (rows->attention->element == AT_F32) {
    at_attention_avx512.prompt(rows);
    return;
  }
  at_tiles_begin();
  prompt(rows);
  at_tiles_end();
}

static void chunk_any(const at_attention_rows *rows, size_t number, float *partials) {
  (rows->attention->element == AT_F32 ? at_attention_avx512.chunk : chunk)(rows, number, partials);
}

const at_attention_kernels at_attention_amx = {
    .tile_rows = AT_MOST_ROWS,
    .block_bytes = any_block_bytes,
    .write = write_any,
    .read = read_any,
    .prompt = prompt_any,
    .chunk = chunk_any,
    .merge = merge,
};
#include "simd_end.h"
#else
typedef int at_attention_amx_is_for_another_processor;
#endif
