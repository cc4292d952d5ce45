// Properties of attention: agreement with a direct computation in double precision, rows and threads that do not
// matter, blocks written in pieces, non-finite input.
#include "property_attention.h"
#include "attention_case.h"

static void complain(check *check, const attention_case *c, const char *what, size_t s, size_t query, size_t head,
                     double got, double wanted) {
  const at_attention_sequence *sequence = &c->sequences[s];
  report(check, "%s: %s, sequence %zu (%zu queries at %zu, %zu keys) query %zu head %zu: %.9g, not %.9g",
         c->description, what, s, sequence->query_count, sequence->query_position, sequence->key_count, query, head, got, wanted);
}

static const float *out_row(const attention_case *c, size_t s, size_t query, size_t head) {
  return c->out + (c->sequences[s].query_begin + query) * c->call.out_stride + head * c->call.value_width;
}

static bool same_float(float a, float b) { return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b); }

static void check_against_double(attention_case *c, check *check) {
  double tolerance = rounds_to_bf16(c) ? 8e-3 : 1e-5;
  double *wanted = bytes_for(c->call.value_width * sizeof(double));
  for (size_t s = 0; s < c->call.sequence_count; s++) {
    for (size_t query = 0; query < c->sequences[s].query_count; query++) {
      if (c->sequences[s].query_count > 4 && !chance(check, 4)) continue;
      size_t head = below(check, c->call.heads);
      attend_in_double(c, s, query, head, wanted);
      const float *got = out_row(c, s, query, head);
      for (size_t d = 0; d < c->call.value_width; d++) {
        if (fabs((double)got[d] - wanted[d]) <= tolerance) continue;
        complain(check, c, "differs from double precision", s, query, head, (double)got[d], wanted[d]);
        break;
      }
    }
  }
  free(wanted);
}

// A row alone, one key/value head at a time and with no more keys than it sees, has the bits that it has in the call.
static void check_row_alone(attention_case *c, check *check, size_t s) {
  const at_attention_sequence *sequence = &c->sequences[s];
  size_t query = below(check, sequence->query_count), kv_head = below(check, c->call.kv_heads);
  size_t group = c->call.heads / c->call.kv_heads, row = sequence->query_begin + query;
  at_attention_sequence alone = *sequence;
  alone.query_count = 1;
  alone.query_position += query;
  if (chance(check, 2)) alone.key_count = visible_keys(&c->call, sequence, query).end;
  alone.blocks += kv_head * sequence->block_stride;
  at_attention call = c->call;
  call.heads = group;
  call.kv_heads = 1;
  call.queries += kv_head * group * call.key_width;
  if (call.bias) call.bias += (ptrdiff_t)(kv_head * group) * call.bias_head;
  call.out = floats_for(c->rows * call.out_stride);
  call.sequences = &alone;
  call.sequence_count = 1;
  alone.query_begin = row;
  at_attend(c->level, &call);
  for (size_t i = 0; i < group * call.value_width; i++) {
    float got = call.out[row * call.out_stride + i], wanted = out_row(c, s, query, kv_head * group)[i];
    if (same_float(got, wanted)) continue;
    complain(check, c, "differs from the row alone", s, query, kv_head * group + i / call.value_width, (double)wanted,
             (double)got);
    break;
  }
  free(call.out);
}

static void check_threads(attention_case *c, check *check, int threads) {
  float *out = floats_for(c->rows * c->call.out_stride);
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
      complain(check, c, "depends on the number of threads", s, query, i % width / call.value_width, (double)out[at],
               (double)c->out[at]);
      i = (query + 1) * width;
    }
  }
  free(out);
}

// A key or value that is not a number shows in the rows that see it, and in no other.
static void check_not_a_number(attention_case *c, check *check, size_t s) {
  const at_attention_sequence *sequence = &c->sequences[s];
  size_t kw = c->call.key_width, vw = c->call.value_width;
  size_t first = visible_keys(&c->call, sequence, 0).begin;
  if (first >= sequence->key_count) return;
  size_t at = first + below(check, sequence->key_count - first), kv_head = below(check, c->call.kv_heads);
  float *key = floats_for(kw), *value = floats_for(vw);
  void *block = c->blocks[s][kv_head * c->block_counts[s] + at / AT_KV_BLOCK];
  at_kv_read(c->level, c->call.element, kw, vw, block, at % AT_KV_BLOCK, key, value);
  if (chance(check, 2)) {
    key[below(check, kw)] = NAN;
  } else {
    for (size_t d = 0; d < vw; d++) value[d] = NAN;
  }
  at_kv_write(c->level, c->call.element, kw, vw, block, at % AT_KV_BLOCK, 1, key, kw, value, vw);
  at_attend(c->level, &c->call);
  size_t group = c->call.heads / c->call.kv_heads;
  for (size_t query = 0; query < sequence->query_count; query++) {
    key_span span = visible_keys(&c->call, sequence, query);
    bool sees = at >= span.begin && at < span.end;
    for (size_t i = 0; i < group * vw; i++) {
      float x = out_row(c, s, query, kv_head * group)[i];
      if ((x != x) == sees) continue;
      complain(check, c, sees ? "hides a NaN" : "has a NaN of a key it does not see", s, query,
               kv_head * group + i / vw, (double)x, sees ? NAN : 0);
      break;
    }
  }
  check_row_alone(c, check, s);
  free(key), free(value);
}

// A query that is not a number gives a row that is none, and nothing else changes.
static void check_query_not_a_number(attention_case *c, check *check, size_t s) {
  const at_attention_sequence *sequence = &c->sequences[s];
  size_t query = below(check, sequence->query_count), head = below(check, c->call.heads);
  size_t row = sequence->query_begin + query;
  float *number = c->queries + row * c->call.query_stride + head * c->call.key_width, before = *number;
  *number = NAN;
  attention_case with = *c;
  with.out = with.call.out = floats_for(c->rows * c->call.out_stride);
  at_attend(c->level, &with.call);
  *number = before;
  key_span span = visible_keys(&c->call, sequence, query);
  for (size_t q = 0; q < sequence->query_count; q++) {
    for (size_t i = 0; i < c->call.heads * c->call.value_width; i++) {
      bool hit = q == query && i / c->call.value_width == head && span.begin < span.end;
      float got = out_row(&with, s, q, 0)[i], wanted = hit ? NAN : out_row(c, s, q, 0)[i];
      if (same_float(got, wanted)) continue;
      complain(check, c, "a query that is not a number", s, q, i / c->call.value_width, (double)got, (double)wanted);
      break;
    }
  }
  free(with.out);
}

int at_property_attention(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  check check = {seed, 0, fail};
  for (int i = 0; i < cases && check.failures < 10; i++) {
    check.state = seed + (uint64_t)i * 0x632be59bd9b4e019;
    attention_case c;
    if (!make_attention_case(&c, level, &check)) {
      report(&check, "%s: blocks depend on the pieces they were written in, or do not give back what was written",
             c.description);
    }
    at_attend(level, &c.call);
    check_against_double(&c, &check);
    check_threads(&c, &check, 1 + (int)below(&check, 4));
    for (size_t s = 0; s < c.call.sequence_count; s++) {
      if (c.sequences[s].query_count == 0) continue;
      check_row_alone(&c, &check, s);
      if (chance(&check, 4)) check_query_not_a_number(&c, &check, s);
      if (chance(&check, 4)) check_not_a_number(&c, &check, s);
    }
    free_attention_case(&c);
  }
  return check.failures;
}
