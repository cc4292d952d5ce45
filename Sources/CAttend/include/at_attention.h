// Scaled dot-product attention over key/value blocks, for prompts and decode, sequences end to end.
//
// Keys and values live in blocks of AT_KV_BLOCK consecutive positions of one key/value head, in a layout private
// to the level ("opaque" below). Block boundaries are absolute positions, and a row's softmax runs over blocks in
// order, so a row's result does not depend on the other rows of the call.
#pragma once
#include "at_rows.h"

#ifdef __cplusplus
extern "C" {
#endif

struct at_kernels;

enum { AT_KV_BLOCK = 64 };

typedef struct at_attention_kernels at_attention_kernels;

// Bytes of one block (keys and values of AT_KV_BLOCK positions of one head); element is AT_F32 or AT_BF16.
// key_width and value_width may be any positive number; kernels pad inside the block.
size_t at_kv_block_bytes(const struct at_kernels *kernels, at_element element, size_t key_width, size_t value_width);
// Writes `count` consecutive positions starting at slot `first` (first + count ≤ AT_KV_BLOCK) of a block. Row strides in floats.
// A block must be zeroed once (memset) before its first use.
void at_kv_write(const struct at_kernels *kernels, at_element element, size_t key_width, size_t value_width, void *block,
                 size_t first, size_t count, const float *keys, size_t key_stride, const float *values, size_t value_stride);
// Reads one position back (tests, debugging, recomputation).
void at_kv_read(const struct at_kernels *kernels, at_element element, size_t key_width, size_t value_width,
                const void *block, size_t slot, float *key, float *value);

typedef struct at_attention_sequence {
  size_t query_begin, query_count;  // rows of the query matrix
  size_t key_count;                 // keys in the blocks, cached ones included
  size_t query_position;            // absolute position of the first query among the keys (causal masks)
  // Blocks of head h: blocks[h * block_stride + i] holds positions [i·64, i·64 + 64). NULL is allowed for blocks
  // wholly outside the window.
  const void *const *blocks;
  size_t block_stride;
} at_attention_sequence;

typedef struct at_attention {
  size_t heads, kv_heads;  // heads % kv_heads == 0; query head h reads key/value head h / (heads / kv_heads)
  size_t key_width, value_width;
  at_element element;
  float scale;             // usually 1/√key_width
  float soft_cap;          // 0: none; otherwise cap·tanh(score/cap), after scale, before bias and mask
  bool causal;             // query at position p sees keys ≤ p
  size_t window;           // 0: none; otherwise sees only keys > p − window (with causal)
  // Additive bias, or NULL: bias[h·bias_head + q·bias_query + key·bias_key], q a row of the query matrix, key an absolute position.
  const float *bias;
  ptrdiff_t bias_head, bias_query, bias_key;
  // queries: row q, head h at queries + q·query_stride + h·key_width. out likewise with value_width.
  const float *queries;
  size_t query_stride;
  float *out;
  size_t out_stride;
  const at_attention_sequence *sequences;
  size_t sequence_count;
  bool decode;             // phase: decode splits the keys of every row in fixed chunks (same result for any thread count)
} at_attention;

// softmax(scale · Q Kᵀ …) V. A query that may see no key gives zeros. Threads itself. `element` AT_BF16 may round
// queries and weights to bfloat16 at levels that multiply bfloat16.
void at_attend(const struct at_kernels *kernels, const at_attention *attention);

extern const at_attention_kernels at_attention_portable;
#if defined(__x86_64__)
extern const at_attention_kernels at_attention_avx2, at_attention_avx512, at_attention_amx;
#elif defined(__aarch64__)
extern const at_attention_kernels at_attention_neon;
#endif

#ifdef __cplusplus
}
#endif
