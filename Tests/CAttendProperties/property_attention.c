// Properties of attention: agreement with a direct computation in double precision, rows and threads that do not
// matter, blocks written in pieces, non-finite input.
#include "property_attention.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- random numbers ----------------------------------------------------------------------------

static uint64_t draw(uint64_t *state) {  // splitmix64
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}
static size_t below(uint64_t *state, size_t bound) { return (size_t)(draw(state) % bound); }
static bool chance(uint64_t *state, size_t one_in) { return below(state, one_in) == 0; }
static float uniform(uint64_t *state) { return (float)(draw(state) >> 40) / (float)(1 << 23) - 1; }  // −1...1

// ---- a random call -----------------------------------------------------------------------------

enum { MOST_SEQUENCES = 3 };

typedef struct a_case {
  const at_kernels *level;
  at_attention call;
  at_attention_sequence sequences[MOST_SEQUENCES];
  size_t rows, most_keys, block_bytes;
  size_t block_counts[MOST_SEQUENCES];
  void **blocks[MOST_SEQUENCES];  // [kv_heads][block_count]
  float *queries, *bias_memory, *out;
  size_t bias_floats;
  char description[256];
} a_case;

static float *random_floats(uint64_t *state, size_t count, float size) {
  float *x = malloc((count + 1) * sizeof(float));
  for (size_t i = 0; i < count; i++) x[i] = size * uniform(state);
  return x;
}

typedef struct key_span {
  size_t begin, end;
} key_span;

static key_span visible(const at_attention *call, const at_attention_sequence *sequence, size_t query) {
  key_span span = {0, sequence->key_count};
  size_t position = sequence->query_position + query;
  if (call->causal && span.end > position + 1) span.end = position + 1;
  if (call->window && position + 1 > call->window) span.begin = position + 1 - call->window;
  if (span.begin > span.end) span.begin = span.end;
  return span;
}

// Fills the blocks of one head in random pieces and checks that writing all at once gives the same bytes.
static bool fill_head(a_case *c, uint64_t *state, void **blocks, size_t block_count, size_t key_count, bool poison) {
  const at_attention *call = &c->call;
  size_t kw = call->key_width, vw = call->value_width, ks = kw + below(state, 3), vs = vw + below(state, 3);
  bool same = true;
  void *whole = malloc(c->block_bytes);
  for (size_t b = 0; b < block_count; b++) {
    float *keys = random_floats(state, AT_KV_BLOCK * ks, 2), *values = random_floats(state, AT_KV_BLOCK * vs, 1);
    size_t count = key_count - b * AT_KV_BLOCK < AT_KV_BLOCK ? key_count - b * AT_KV_BLOCK : AT_KV_BLOCK;
    blocks[b] = malloc(c->block_bytes);
    memset(blocks[b], 0, c->block_bytes);
    memset(whole, 0, c->block_bytes);
    for (size_t first = 0, piece; first < count; first += piece) {
      piece = 1 + below(state, count - first);
      at_kv_write(c->level, call->element, kw, vw, blocks[b], first, piece, keys + first * ks, ks, values + first * vs,
                  vs);
    }
    at_kv_write(c->level, call->element, kw, vw, whole, 0, count, keys, ks, values, vs);
    same = same && memcmp(whole, blocks[b], c->block_bytes) == 0;
    float *key = malloc(kw * sizeof(float)), *value = malloc(vw * sizeof(float));
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

static void random_bias(a_case *c, uint64_t *state) {
  at_attention *call = &c->call;
  size_t rows = c->rows + 1, keys = c->most_keys + 1;
  size_t kind = below(state, 5);
  size_t extents[3] = {call->heads, rows, keys};
  if (kind == 1) extents[0] = 1;
  if (kind == 2) extents[1] = 1;
  if (kind == 3) extents[2] = 1;
  c->bias_floats = extents[0] * extents[1] * extents[2];
  c->bias_memory = random_floats(state, c->bias_floats, 3);
  if (chance(state, 2)) {
    for (size_t i = 0; i < c->bias_floats; i++) {
      if (chance(state, 4)) c->bias_memory[i] = chance(state, 2) ? -INFINITY : -3.4028235e38f;
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

static bool make_case(a_case *c, const at_kernels *level, uint64_t *state) {
  static const size_t widths[] = {1, 5, 10, 16, 20, 32, 33, 64, 64, 80, 96, 128, 256};
  enum { width_count = sizeof widths / sizeof widths[0] };
  memset(c, 0, sizeof *c);
  c->level = level;
  at_attention *call = &c->call;
  call->kv_heads = 1 + below(state, 3);
  call->heads = call->kv_heads * (1 + below(state, 4));
  call->key_width = widths[below(state, width_count)];
  call->value_width = chance(state, 3) ? widths[below(state, width_count)] : call->key_width;
  call->element = chance(state, 2) ? AT_F32 : AT_BF16;
  call->scale = 1 / sqrtf((float)call->key_width);
  if (chance(state, 3)) call->soft_cap = 0.5f + 3 * fabsf(uniform(state));
  call->causal = chance(state, 2);
  if (chance(state, 3)) call->window = 1 + below(state, 200);
  call->decode = chance(state, 2);
  call->sequence_count = below(state, MOST_SEQUENCES + 1);
  call->sequences = c->sequences;
  c->block_bytes = at_kv_block_bytes(level, call->element, call->key_width, call->value_width);
  bool same = true, poison = chance(state, 2);
  for (size_t s = 0; s < call->sequence_count; s++) {
    at_attention_sequence *sequence = &c->sequences[s];
    sequence->query_count = chance(state, 4) ? below(state, 3) : below(state, 100);
    size_t cached = chance(state, 3) ? 0 : below(state, 600);
    sequence->key_count = chance(state, 8) ? 0 : cached + sequence->query_count;
    sequence->query_position = chance(state, 8) ? below(state, 700) : cached;
    c->rows += below(state, 2);  // rows of nobody between sequences
    sequence->query_begin = c->rows;
    c->rows += sequence->query_count;
    if (sequence->key_count > c->most_keys) c->most_keys = sequence->key_count;
    size_t count = (sequence->key_count + AT_KV_BLOCK - 1) / AT_KV_BLOCK;
    c->block_counts[s] = count;
    c->blocks[s] = calloc(call->kv_heads * count + 1, sizeof(void *));
    for (size_t h = 0; h < call->kv_heads; h++) {
      same = fill_head(c, state, c->blocks[s] + h * count, count, sequence->key_count, poison) && same;
    }
    for (size_t b = 0; b < count; b++) {  // nobody sees the blocks before the first query's window
      bool outside = visible(call, sequence, 0).begin >= (b + 1) * AT_KV_BLOCK;
      for (size_t h = 0; outside && h < call->kv_heads; h++) {
        free(c->blocks[s][h * count + b]);
        c->blocks[s][h * count + b] = NULL;
      }
    }
    sequence->blocks = (const void *const *)c->blocks[s];
    sequence->block_stride = count;
  }
  call->query_stride = call->heads * call->key_width + below(state, 3);
  call->out_stride = call->heads * call->value_width + below(state, 3);
  c->queries = random_floats(state, c->rows * call->query_stride, 2);
  call->queries = c->queries;
  if (chance(state, 3)) random_bias(c, state);
  c->out = malloc((c->rows * call->out_stride + 1) * sizeof(float));
  call->out = c->out;
  snprintf(c->description, sizeof c->description,
           "%s %s heads %zu/%zu widths %zu/%zu %s%s window %zu cap %g bias %d sequences %zu", level->name,
           call->element == AT_F32 ? "f32" : "bf16", call->heads, call->kv_heads, call->key_width, call->value_width,
           call->decode ? "decode" : "prompt", call->causal ? " causal" : "", call->window, (double)call->soft_cap,
           call->bias != NULL, call->sequence_count);
  return same;
}

static void free_case(a_case *c) {
  for (size_t s = 0; s < c->call.sequence_count; s++) {
    for (size_t b = 0; b < c->call.kv_heads * c->block_counts[s]; b++) free(c->blocks[s][b]);
    free(c->blocks[s]);
  }
  free(c->queries), free(c->bias_memory), free(c->out);
}

// ---- the direct computation --------------------------------------------------------------------

static bool rounds_to_bf16(const a_case *c) {
  return c->level->isa == AT_ISA_AMX && c->call.element == AT_BF16 && !c->call.decode;
}

static double rounded(float f) {
  uint32_t bits;
  memcpy(&bits, &f, sizeof bits);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
  memcpy(&f, &bits, sizeof f);
  return f;
}

static void attend_in_double(const a_case *c, size_t s, size_t query, size_t head, double *out) {
  const at_attention *call = &c->call;
  const at_attention_sequence *sequence = &c->sequences[s];
  size_t kw = call->key_width, vw = call->value_width, row = sequence->query_begin + query;
  key_span span = visible(call, sequence, query);
  const float *q = call->queries + row * call->query_stride + head * kw;
  float *key = malloc(kw * sizeof(float)), *value = malloc(vw * sizeof(float));
  double largest = -INFINITY, sum = 0, *scores = malloc((span.end - span.begin + 1) * sizeof(double));
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

// ---- the properties ----------------------------------------------------------------------------

typedef struct report {
  void (*fail)(const char *message);
  int failures;
} report;

static void complain(report *report, const a_case *c, const char *what, size_t s, size_t query, size_t head,
                     double got, double wanted) {
  char message[512];
  snprintf(message, sizeof message, "%s: %s, sequence %zu (%zu queries at %zu, %zu keys) query %zu head %zu: %.9g, not %.9g",
           c->description, what, s, c->sequences[s].query_count, c->sequences[s].query_position,
           c->sequences[s].key_count, query, head, got, wanted);
  report->failures++;
  report->fail(message);
}

static const float *out_row(const a_case *c, size_t s, size_t query, size_t head) {
  return c->out + (c->sequences[s].query_begin + query) * c->call.out_stride + head * c->call.value_width;
}

static bool same_float(float a, float b) { return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b); }

static void check_against_double(a_case *c, uint64_t *state, report *report) {
  double tolerance = rounds_to_bf16(c) ? 8e-3 : 1e-5;
  double *wanted = malloc(c->call.value_width * sizeof(double));
  for (size_t s = 0; s < c->call.sequence_count; s++) {
    for (size_t query = 0; query < c->sequences[s].query_count; query++) {
      if (c->sequences[s].query_count > 4 && !chance(state, 4)) continue;
      size_t head = below(state, c->call.heads);
      attend_in_double(c, s, query, head, wanted);
      const float *got = out_row(c, s, query, head);
      for (size_t d = 0; d < c->call.value_width; d++) {
        if (fabs((double)got[d] - wanted[d]) <= tolerance) continue;
        complain(report, c, "differs from double precision", s, query, head, (double)got[d], wanted[d]);
        break;
      }
    }
  }
  free(wanted);
}

// A row alone, one key/value head at a time and with no more keys than it sees, has the bits that it has in the call.
static void check_row_alone(a_case *c, uint64_t *state, size_t s, report *report) {
  const at_attention_sequence *sequence = &c->sequences[s];
  size_t query = below(state, sequence->query_count), kv_head = below(state, c->call.kv_heads);
  size_t group = c->call.heads / c->call.kv_heads, row = sequence->query_begin + query;
  at_attention_sequence alone = *sequence;
  alone.query_count = 1;
  alone.query_position += query;
  if (chance(state, 2)) alone.key_count = visible(&c->call, sequence, query).end;
  alone.blocks += kv_head * sequence->block_stride;
  at_attention call = c->call;
  call.heads = group;
  call.kv_heads = 1;
  call.queries += kv_head * group * call.key_width;
  if (call.bias) call.bias += (ptrdiff_t)(kv_head * group) * call.bias_head;
  call.out = malloc((c->rows + 1) * call.out_stride * sizeof(float));
  call.sequences = &alone;
  call.sequence_count = 1;
  alone.query_begin = row;
  at_attend(c->level, &call);
  for (size_t i = 0; i < group * call.value_width; i++) {
    float got = call.out[row * call.out_stride + i], wanted = out_row(c, s, query, kv_head * group)[i];
    if (same_float(got, wanted)) continue;
    complain(report, c, "differs from the row alone", s, query, kv_head * group + i / call.value_width, (double)wanted,
             (double)got);
    break;
  }
  free(call.out);
}

static void check_threads(a_case *c, int threads, report *report) {
  float *out = malloc((c->rows * c->call.out_stride + 1) * sizeof(float));
  at_attention call = c->call;
  call.out = out;
  int before = at_threads();
  at_set_threads(threads);
  at_attend(c->level, &call);
  at_set_threads(before);
  for (size_t s = 0; s < call.sequence_count; s++) {
    size_t width = call.heads * call.value_width;
    for (size_t i = 0; i < c->sequences[s].query_count * width; i++) {
      size_t query = i / width, at = (c->sequences[s].query_begin + query) * call.out_stride + i % width;
      if (same_float(out[at], c->out[at])) continue;
      complain(report, c, "depends on the number of threads", s, query, i % width / call.value_width, (double)out[at],
               (double)c->out[at]);
      i = (query + 1) * width;
    }
  }
  free(out);
}

// A key or value that is not a number shows in the rows that see it, and in no other.
static void check_not_a_number(a_case *c, uint64_t *state, size_t s, report *report) {
  const at_attention_sequence *sequence = &c->sequences[s];
  size_t kw = c->call.key_width, vw = c->call.value_width;
  size_t first = visible(&c->call, sequence, 0).begin;
  if (first >= sequence->key_count) return;
  size_t at = first + below(state, sequence->key_count - first), kv_head = below(state, c->call.kv_heads);
  float *key = malloc(kw * sizeof(float)), *value = malloc(vw * sizeof(float));
  void *block = c->blocks[s][kv_head * c->block_counts[s] + at / AT_KV_BLOCK];
  at_kv_read(c->level, c->call.element, kw, vw, block, at % AT_KV_BLOCK, key, value);
  if (chance(state, 2)) {
    key[below(state, kw)] = NAN;
  } else {
    for (size_t d = 0; d < vw; d++) value[d] = NAN;
  }
  at_kv_write(c->level, c->call.element, kw, vw, block, at % AT_KV_BLOCK, 1, key, kw, value, vw);
  at_attend(c->level, &c->call);
  size_t group = c->call.heads / c->call.kv_heads;
  for (size_t query = 0; query < sequence->query_count; query++) {
    key_span span = visible(&c->call, sequence, query);
    bool sees = at >= span.begin && at < span.end;
    for (size_t i = 0; i < group * vw; i++) {
      float x = out_row(c, s, query, kv_head * group)[i];
      if ((x != x) == sees) continue;
      complain(report, c, sees ? "hides a NaN" : "has a NaN of a key it does not see", s, query,
               kv_head * group + i / vw, (double)x, sees ? NAN : 0);
      break;
    }
  }
  check_row_alone(c, state, s, report);
  free(key), free(value);
}

int at_property_attention(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  report report = {fail, 0};
  for (int i = 0; i < cases && report.failures < 10; i++) {
    uint64_t state = seed + (uint64_t)i * 0x632be59bd9b4e019;
    a_case c;
    if (!make_case(&c, level, &state)) {
      report.failures++;
      fail("blocks depend on the pieces they were written in, or do not give back what was written");
    }
    at_attend(level, &c.call);
    check_against_double(&c, &state, &report);
    check_threads(&c, 1 + (int)below(&state, 4), &report);
    for (size_t s = 0; s < c.call.sequence_count; s++) {
      if (c.sequences[s].query_count == 0) continue;
      check_row_alone(&c, &state, s, &report);
      if (chance(&state, 4)) check_not_a_number(&c, &state, s, &report);
    }
    free_case(&c);
  }
  return report.failures;
}
