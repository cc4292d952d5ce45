#include "attention_case.h"

key_span visible_keys(const at_attention *call, const at_attention_sequence *sequence, size_t query) {
  key_span span = {0, sequence->key_count};
  size_t position = sequence->query_position + query;
  if (call->causal && span.end > position + 1) span.end = position + 1;
  if (call->window && position + 1 > call->window) span.begin = position + 1 - call->window;
  if (span.begin > span.end) span.begin = span.end;
  return span;
}

// Fills the blocks of one head in random pieces and checks that writing all at once gives the same bytes.
static bool fill_head(attention_case *c, check *check, void **blocks, size_t block_count, size_t key_count,
                      bool poison) {
  const at_attention *call = &c->call;
  size_t kw = call->key_width, vw = call->value_width, ks = kw + below(check, 3), vs = vw + below(check, 3);
  bool same = true;
  void *whole = bytes_for(c->block_bytes);
  for (size_t b = 0; b < block_count; b++) {
    float *keys = random_row(check, AT_KV_BLOCK * ks, 2, false);
    float *values = random_row(check, AT_KV_BLOCK * vs, 1, false);
    size_t count = key_count - b * AT_KV_BLOCK < AT_KV_BLOCK ? key_count - b * AT_KV_BLOCK : AT_KV_BLOCK;
    blocks[b] = bytes_for(c->block_bytes);
    memset(blocks[b], 0, c->block_bytes);
    memset(whole, 0, c->block_bytes);
    for (size_t first = 0, piece; first < count; first += piece) {
      piece = 1 + below(check, count - first);
      at_kv_write(c->level, call->element, kw, vw, blocks[b], first, piece, keys + first * ks, ks, values + first * vs,
                  vs);
    }
    at_kv_write(c->level, call->element, kw, vw, whole, 0, count, keys, ks, values, vs);
    same = same && memcmp(whole, blocks[b], c->block_bytes) == 0;
    float *key = floats_for(kw), *value = floats_for(vw);
    for (size_t i = 0; i < count; i++) {
      at_kv_read(c->level, call->element, kw, vw, blocks[b], i, key, value);
      float tolerance = call->element == AT_F32 ? 0 : 1.0f / 256;  // of bfloat16: 8 bits
      for (size_t d = 0; d < kw; d++) same = same && fabsf(key[d] - keys[i * ks + d]) <= tolerance * fabsf(key[d]);
      for (size_t d = 0; d < vw; d++) {
        same = same && fabsf(value[d] - values[i * vs + d]) <= tolerance * fabsf(value[d]);
      }
    }
    if (poison && count < AT_KV_BLOCK) {  // what a block holds past the last key must not matter
      for (size_t d = 0; d < kw; d++) key[d] = NAN;
      for (size_t d = 0; d < vw; d++) value[d] = d % 2 ? NAN : INFINITY;
      at_kv_write(c->level, call->element, kw, vw, blocks[b], count, 1, key, kw, value, vw);
    }
    free(key), free(value), free(keys), free(values);
  }
  free(whole);
  return same;
}

static void random_bias(attention_case *c, check *check) {
  at_attention *call = &c->call;
  size_t rows = c->rows + 1, keys = c->most_keys + 1;
  size_t kind = below(check, 5);
  size_t extents[3] = {call->heads, rows, keys};
  if (kind == 1) extents[0] = 1;
  if (kind == 2) extents[1] = 1;
  if (kind == 3) extents[2] = 1;
  c->bias_floats = extents[0] * extents[1] * extents[2];
  c->bias_memory = random_row(check, c->bias_floats, 3, false);
  if (chance(check, 2)) {
    for (size_t i = 0; i < c->bias_floats; i++) {
      if (chance(check, 4)) c->bias_memory[i] = chance(check, 2) ? -INFINITY : -3.4028235e38f;
    }
  }
  call->bias = c->bias_memory;
  call->bias_key = extents[2] > 1 ? 1 : 0;
  call->bias_query = extents[1] > 1 ? (ptrdiff_t)extents[2] : 0;
  call->bias_head = extents[0] > 1 ? (ptrdiff_t)(extents[1] * extents[2]) : 0;
  if (kind == 4) {  // backwards along the keys
    call->bias += keys - 1;
    call->bias_key = -1;
  }
}

bool make_attention_case(attention_case *c, const at_kernels *level, check *check) {
  static const size_t widths[] = {1, 5, 10, 16, 20, 32, 33, 64, 64, 80, 96, 128, 256};
  enum { width_count = sizeof widths / sizeof widths[0] };
  memset(c, 0, sizeof *c);
  c->level = level;
  at_attention *call = &c->call;
  call->kv_heads = 1 + below(check, 3);
  call->heads = call->kv_heads * (1 + below(check, 4));
  call->key_width = widths[below(check, width_count)];
  call->value_width = chance(check, 3) ? widths[below(check, width_count)] : call->key_width;
  call->element = chance(check, 2) ? AT_F32 : AT_BF16;
  call->scale = 1 / sqrtf((float)call->key_width);
  if (chance(check, 3)) call->soft_cap = 0.5f + 3 * fabsf(uniform(check));
  call->causal = chance(check, 2);
  if (chance(check, 3)) call->window = 1 + below(check, 200);
  call->decode = chance(check, 2);
  call->sequence_count = below(check, MOST_SEQUENCES + 1);
  call->sequences = c->sequences;
  c->block_bytes = at_kv_block_bytes(level, call->element, call->key_width, call->value_width);
  bool same = true, poison = chance(check, 2);
  for (size_t s = 0; s < call->sequence_count; s++) {
    at_attention_sequence *sequence = &c->sequences[s];
    sequence->query_count = chance(check, 4) ? below(check, 3) : below(check, 100);
    size_t cached = chance(check, 3) ? 0 : below(check, 600);
    // Often across a multiple of 256, where decode chunks and the spans of a softmax meet.
    if (chance(check, 3)) cached = 256 * (1 + below(check, 2)) - below(check, sequence->query_count + 1);
    sequence->key_count = chance(check, 8) ? 0 : cached + sequence->query_count;
    sequence->query_position = chance(check, 8) ? below(check, 700) : cached;
    c->rows += below(check, 2);  // rows of nobody between sequences
    sequence->query_begin = c->rows;
    c->rows += sequence->query_count;
    if (sequence->key_count > c->most_keys) c->most_keys = sequence->key_count;
    size_t count = (sequence->key_count + AT_KV_BLOCK - 1) / AT_KV_BLOCK;
    c->block_counts[s] = count;
    c->blocks[s] = calloc(call->kv_heads * count + 1, sizeof(void *));
    for (size_t h = 0; h < call->kv_heads; h++) {
      same = fill_head(c, check, c->blocks[s] + h * count, count, sequence->key_count, poison) && same;
    }
    for (size_t b = 0; b < count; b++) {  // nobody sees the blocks before the first query's window
      bool outside = visible_keys(call, sequence, 0).begin >= (b + 1) * AT_KV_BLOCK;
      for (size_t h = 0; outside && h < call->kv_heads; h++) {
        free(c->blocks[s][h * count + b]);
        c->blocks[s][h * count + b] = NULL;
      }
    }
    sequence->blocks = (const void *const *)c->blocks[s];
    sequence->block_stride = count;
  }
  call->query_stride = call->heads * call->key_width + below(check, 3);
  call->out_stride = call->heads * call->value_width + below(check, 3);
  c->queries = random_row(check, c->rows * call->query_stride, 2, false);
  call->queries = c->queries;
  if (chance(check, 3)) random_bias(c, check);
  c->out = floats_for(c->rows * call->out_stride);
  call->out = c->out;
  snprintf(c->description, sizeof c->description,
           "%s %s heads %zu/%zu widths %zu/%zu %s%s window %zu cap %g bias %d sequences %zu", level->name,
           call->element == AT_F32 ? "f32" : "bf16", call->heads, call->kv_heads, call->key_width, call->value_width,
           call->decode ? "decode" : "prompt", call->causal ? " causal" : "", call->window, (double)call->soft_cap,
           call->bias != NULL, call->sequence_count);
  return same;
}

void free_attention_case(attention_case *c) {
  for (size_t s = 0; s < c->call.sequence_count; s++) {
    for (size_t b = 0; b < c->call.kv_heads * c->block_counts[s]; b++) free(c->blocks[s][b]);
    free(c->blocks[s]);
  }
  free(c->queries), free(c->bias_memory), free(c->out);
}

// ---- the direct computation --------------------------------------------------------------------

bool rounds_to_bf16(const attention_case *c) {
  return c->level->isa == AT_ISA_AMX && c->call.element == AT_BF16 && !c->call.decode;
}

static double rounded(float f) {
  uint32_t bits;
  memcpy(&bits, &f, sizeof bits);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
  memcpy(&f, &bits, sizeof f);
  return f;
}

void attend_in_double(const attention_case *c, size_t s, size_t query, size_t head, double *out) {
  const at_attention *call = &c->call;
  const at_attention_sequence *sequence = &c->sequences[s];
  size_t kw = call->key_width, vw = call->value_width, row = sequence->query_begin + query;
  key_span span = visible_keys(call, sequence, query);
  const float *q = call->queries + row * call->query_stride + head * kw;
  float *key = floats_for(kw), *value = floats_for(vw);
  double largest = -INFINITY, sum = 0, *scores = bytes_for((span.end - span.begin + 1) * sizeof(double));
  void **blocks = c->blocks[s] + head / (call->heads / call->kv_heads) * c->block_counts[s];
  for (size_t k = span.begin; k < span.end; k++) {
    at_kv_read(c->level, call->element, kw, vw, blocks[k / AT_KV_BLOCK], k % AT_KV_BLOCK, key, value);
    double score = 0;
    for (size_t d = 0; d < kw; d++) {
      double scaled = rounds_to_bf16(c) ? rounded(q[d] * call->scale) : (double)q[d] * (double)call->scale;
      score += scaled * (double)key[d];
    }
    if (call->soft_cap != 0) score = (double)call->soft_cap * tanh(score / (double)call->soft_cap);
    if (call->bias) {
      score += (double)call->bias[(ptrdiff_t)head * call->bias_head + (ptrdiff_t)row * call->bias_query +
                                  (ptrdiff_t)k * call->bias_key];
    }
    // As float32 sees it: −3.4e38 plus anything small is −3.4e38.
    scores[k - span.begin] = score = (double)(float)score;
    if (score > largest) largest = score;
  }
  if (largest == -INFINITY) largest = 0;
  for (size_t d = 0; d < vw; d++) out[d] = 0;
  for (size_t k = span.begin; k < span.end; k++) {
    double weight = exp(scores[k - span.begin] - largest);
    sum += weight;
    at_kv_read(c->level, call->element, kw, vw, blocks[k / AT_KV_BLOCK], k % AT_KV_BLOCK, key, value);
    for (size_t d = 0; d < vw; d++) out[d] += weight * (double)value[d];
  }
  for (size_t d = 0; d < vw; d++) out[d] = sum == 0 ? 0 : out[d] / sum;
  free(key), free(value), free(scores);
}
