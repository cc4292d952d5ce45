// Attention over keys and values in plain rows, and its derivative: what training and cross-attention run.
//
// Memory is linear in the lengths: the forward pass keeps one number per row and head, the logarithm of its sum of
// exponentials, from which the backward pass computes the weights again, block by block (Dao et al. 2022,
// arXiv:2205.14135). Dropped weights are drawn again from their key, not stored.
#pragma once
#include "at_attention.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct at_dense_attention_kernels at_dense_attention_kernels;

// Number d of head h of row r is data[r·row + h·head + d].
typedef struct at_head_rows {
  const float *data;
  ptrdiff_t row, head;
} at_head_rows;

// The queries of one sequence and the keys that they may see, both counted from 0 within the sequence.
typedef struct at_attention_pair {
  size_t query_begin, query_count;  // rows of the queries
  size_t key_begin, key_count;      // rows of the keys and values
} at_attention_pair;

typedef struct at_dense_attention {
  size_t heads, kv_heads;  // heads % kv_heads == 0; query head h reads key/value head h / (heads / kv_heads)
  size_t key_width, value_width;
  size_t rows;             // of the queries, those of no sequence included
  float scale;
  float soft_cap;          // 0: none; otherwise cap·tanh(score/cap), after scale, before bias and mask
  bool causal;             // query i sees keys ≤ i
  size_t window;           // 0: none; otherwise query i sees only keys > i − window
  // Additive bias, or NULL: bias[h·bias_head + q·bias_query + k·bias_key], q a row of the queries, k a key of the
  // sequence.
  const float *bias;
  ptrdiff_t bias_head, bias_query, bias_key;
  // Weights whose random number is below `drop_below` are dropped, the others multiplied by keep_scale. The number of
  // query row q, head h and key k is that of at_weight_number, of the stream `stream` of `seed`. 0: none are.
  uint32_t drop_below;
  float keep_scale;
  uint64_t seed, stream;
  at_head_rows queries, keys, values;
  const at_attention_pair *pairs;  // rows of the queries belong to one pair at most
  size_t pair_count;
} at_dense_attention;

// Which element of the stream decides about a weight. Within 32 keys the words are spread so that vectors of blocks
// need no shuffling.
static inline uint64_t at_weight_number(const at_dense_attention *call, size_t head, size_t query, size_t key) {
  return ((uint64_t)(head * call->rows + query) << 32) + (key & ~(size_t)31) + (key & 7) * 4 + (key >> 3 & 3);
}

// Writes [rows][heads][value_width] (rows of no pair stay as they are; a query that sees no key gives zeros), and
// unless NULL log_sums [heads][rows]: +∞ for a query that sees no key.
void at_dense_attend(const struct at_kernels *kernels, const at_dense_attention *call, float *out, float *log_sums);

// Derivatives are written, not added to. Pairs must not share rows of the keys. NULL: not wanted.
typedef struct at_dense_gradients {
  const float *out, *log_sums;  // of the forward pass
  const float *upstream;        // of out, like out
  float *queries;               // [rows][heads][key_width]
  float *keys, *values;         // [key rows][kv_heads][width]
  float *bias;                  // like the bias, which must not repeat; what nobody sees stays as it is
} at_dense_gradients;

void at_dense_attend_backward(const struct at_kernels *kernels, const at_dense_attention *call,
                              const at_dense_gradients *gradients);

extern const at_dense_attention_kernels at_dense_attention_portable;
#if defined(__x86_64__)
extern const at_dense_attention_kernels at_dense_attention_avx2, at_dense_attention_avx512;
#elif defined(__aarch64__)
extern const at_dense_attention_kernels at_dense_attention_neon;
#endif

#ifdef __cplusplus
}
#endif
