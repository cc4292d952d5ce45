// A random call of attention and what it should give, for property_attention.c.
#pragma once
#include "property_support.h"

enum { MOST_SEQUENCES = 3 };

typedef struct attention_case {
  const at_kernels *level;
  at_attention call;
  at_attention_sequence sequences[MOST_SEQUENCES];
  size_t rows, most_keys, block_bytes;
  size_t block_counts[MOST_SEQUENCES];
  void **blocks[MOST_SEQUENCES];  // [kv_heads][block_count]
  float *queries, *bias_memory, *out;
  size_t bias_floats;
  char description[256];
} attention_case;

// The keys [begin, end) that a query sees.
typedef struct key_span {
  size_t begin, end;
} key_span;

key_span visible_keys(const at_attention *call, const at_attention_sequence *sequence, size_t query);

// Draws a call. False when blocks depend on the pieces they were written in, or do not give back what was written.
bool make_attention_case(attention_case *c, const at_kernels *level, check *check);
void free_attention_case(attention_case *c);

// Whether the level rounds queries and weights to bfloat16 in this call.
bool rounds_to_bf16(const attention_case *c);
// One row in double precision, from the keys and values that the blocks give back.
void attend_in_double(const attention_case *c, size_t s, size_t query, size_t head, double *out);
