// What the driver (dense_attention.c) and the levels of dense attention agree on.
#pragma once
#include "attention.h"
#include "random.h"
#include <math.h>
#include <string.h>

// Keys of a step of the softmax: blocks of absolute positions, so that a row's sums have one order.
enum { AT_DENSE_KEYS = 64 };
// The scratch slot of at_scratch that a unit of work uses.
enum { AT_DENSE_SLOT = 5, AT_DENSE_BLOCKS_SLOT = 4 };
// No level has wider panels of columns.
enum { AT_DENSE_COLUMNS = 32 };

// One unit of work is one key/value head of one pair: what it writes nobody else does. Without `forward`, keys and
// values are put into blocks for the level's at_attention_kernels.
struct at_dense_attention_kernels {
  void (*forward)(const at_dense_attention *call, const at_attention_pair *pair, size_t kv_head, float *out,
                  float *log_sums);
  void (*backward)(const at_dense_attention *call, const at_dense_gradients *gradients, const at_attention_pair *pair,
                   size_t kv_head);
};

// The keys [begin, end) of its sequence that a query sees. Both ends never decrease from one query to the next.
typedef struct at_span {
  size_t begin, end;
} at_span;

static inline at_span at_dense_span(const at_dense_attention *call, const at_attention_pair *pair, size_t query) {
  at_span span = {0, pair->key_count};
  if (call->causal && query < span.end) span.end = query + 1;
  if (call->window && query >= call->window) span.begin = query - call->window + 1;
  if (span.begin > span.end) span.begin = span.end;
  return span;
}

// The bias of a query for key 0 of its sequence, or NULL.
static inline const float *at_dense_bias(const at_dense_attention *call, size_t row, size_t head) {
  if (!call->bias) return NULL;
  return call->bias + (ptrdiff_t)head * call->bias_head + (ptrdiff_t)row * call->bias_query;
}
