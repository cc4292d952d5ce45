// What the driver (attention.c) and the levels of attention agree on.
#pragma once
#include "../include/CAttend.h"
#include <math.h>
#include <string.h>

// Keys of a decode chunk: the unit of work of the decode phase, at absolute positions. A multiple of AT_KV_BLOCK.
enum { AT_ATTENTION_CHUNK = 256 };

// Scratch slots of at_scratch that attention uses; the tile slots are free again when a tile is done.
enum { AT_ATTENTION_JOB_SLOT = 4, AT_ATTENTION_TILE_SLOT = 5, AT_ATTENTION_EXTRA_SLOT = 6 };

// Rows that share the keys of one key/value head: row r is query r / group of the sequence and query head
// kv_head · group + r % group, where group = heads / kv_heads. So rows are ordered by position.
typedef struct at_attention_rows {
  const at_attention *attention;
  const at_attention_sequence *sequence;
  size_t kv_head;
  size_t begin, count;
  at_head_rows queries;
  // Of dense attention, whose weights may be dropped and which may want the logarithms of the sums; else NULL.
  const at_dense_attention *dense;
  float *log_sums;
} at_attention_rows;

static inline const float *at_head_row(const at_head_rows *rows, size_t row, size_t head) {
  return rows->data + (ptrdiff_t)row * rows->row + (ptrdiff_t)head * rows->head;
}

struct at_attention_kernels {
  size_t tile_rows;  // most rows that one call of `prompt` or `chunk` takes
  size_t (*block_bytes)(at_element element, size_t key_width, size_t value_width);
  void (*write)(at_element element, size_t key_width, size_t value_width, void *block, size_t first, size_t count,
                const float *keys, size_t key_stride, const float *values, size_t value_stride);
  void (*read)(at_element element, size_t key_width, size_t value_width, const void *block, size_t slot, float *key,
               float *value);
  // Attends the rows over all the keys that they see and writes them to `out`.
  void (*prompt)(const at_attention_rows *rows);
  // Decode: attends the rows over one chunk of keys. Row r leaves its largest score, sum of weights and weighted sum
  // of values in value_width + 2 floats at partials + r · (value_width + 2). NULL: decode does what prompt does.
  void (*chunk)(const at_attention_rows *rows, size_t chunk, float *partials);
  // Merges the partials of `chunks` consecutive chunks, `stride` floats apart, in order, and writes the rows to `out`.
  void (*merge)(const at_attention_rows *rows, size_t chunks, const float *partials, size_t stride);
};

// The keys [begin, end) that a query of a sequence may see. Both ends never decrease from one query to the next.
typedef struct at_key_range {
  size_t begin, end;
} at_key_range;

static inline at_key_range at_visible_keys(const at_attention *attention, const at_attention_sequence *sequence,
                                           size_t query) {
  size_t position = sequence->query_position + query;
  at_key_range range = {0, sequence->key_count};
  if (attention->causal && position < range.end) range.end = position + 1;
  if (attention->window && position >= attention->window) range.begin = position - attention->window + 1;
  if (range.begin > range.end) range.begin = range.end;
  return range;
}

// Where a row of a tile is in the matrices.
typedef struct at_row_place {
  size_t query;  // of the sequence
  size_t head;
  size_t row;  // of the query matrix
} at_row_place;

static inline at_row_place at_place_row(const at_attention_rows *rows, size_t index) {
  size_t group = rows->attention->heads / rows->attention->kv_heads;
  at_row_place place;
  place.query = (rows->begin + index) / group;
  place.head = rows->kv_head * group + (rows->begin + index) % group;
  place.row = rows->sequence->query_begin + place.query;
  return place;
}

static inline const float *at_row_queries(const at_attention_rows *rows, at_row_place place) {
  return at_head_row(&rows->queries, place.row, place.head);
}

static inline float *at_row_out(const at_attention *attention, at_row_place place) {
  return attention->out + place.row * attention->out_stride + place.head * attention->value_width;
}

// The bias of a row for key 0, or NULL.
static inline const float *at_row_bias(const at_attention *attention, at_row_place place) {
  if (!attention->bias) return NULL;
  return attention->bias + (ptrdiff_t)place.head * attention->bias_head + (ptrdiff_t)place.row * attention->bias_query;
}

// The blocks of the key/value head of a tile.
static inline const void *const *at_row_blocks(const at_attention_rows *rows) {
  return rows->sequence->blocks + rows->kv_head * rows->sequence->block_stride;
}

// bfloat16, rounded to nearest even; NaN stays NaN.
static inline uint16_t at_bf16_from_f32(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  if (x != x) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float at_f32_from_bf16(uint16_t half) {
  uint32_t bits = (uint32_t)half << 16;
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// Keeps the compiler from holding numbers in registers that accumulators need: it reads them again instead.
static inline void at_forget(void) { __asm__ volatile("" ::: "memory"); }
