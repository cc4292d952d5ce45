// Properties of dense attention and its derivative: agreement with the portable level, threads and neighbours that do
// not matter, gradients that nobody wants left out.
#include "property_attention.h"
#include "property_support.h"

enum { MOST_PAIRS = 5 };

typedef struct dense_case {
  at_dense_attention call;
  at_attention_pair pairs[MOST_PAIRS];
  size_t rows, key_rows, most_keys, bias_floats;
  float *queries, *keys, *values, *bias, *upstream;
  char description[256];
} dense_case;

typedef struct dense_result {
  float *out, *log_sums, *queries, *keys, *values, *bias;
} dense_result;

static size_t any_width(check *check) {
  static const size_t widths[] = {1, 5, 8, 16, 20, 33, 48, 64};
  return widths[below(check, sizeof widths / sizeof *widths)];
}

static float *random_heads(check *check, size_t rows, size_t heads, size_t width, at_head_rows *view) {
  // Either rows of heads, or heads of rows, with gaps.
  view->head = (ptrdiff_t)(width + below(check, 3));
  view->row = (ptrdiff_t)heads * view->head + (ptrdiff_t)below(check, 3);
  if (chance(check, 4)) {
    view->row = (ptrdiff_t)(width + below(check, 3));
    view->head = (ptrdiff_t)rows * view->row;
  }
  size_t last = rows && heads ? (rows - 1) * (size_t)view->row + (heads - 1) * (size_t)view->head + width : 0;
  float *data = random_row(check, last, 1.5f, false);
  view->data = data;
  return data;
}

static size_t any_count(check *check) {
  switch (below(check, 6)) {
    case 0: return below(check, 3);
    case 1: return 40 + below(check, 120);
    default: return 1 + below(check, 20);
  }
}

static void make_dense_case(dense_case *c, check *check) {
  memset(c, 0, sizeof *c);
  at_dense_attention *call = &c->call;
  call->kv_heads = 1 + below(check, 3);
  call->heads = call->kv_heads * (1 + below(check, 3));
  call->key_width = any_width(check);
  call->value_width = chance(check, 3) ? any_width(check) : call->key_width;
  call->scale = 1 / sqrtf((float)call->key_width);
  if (chance(check, 4)) call->soft_cap = 0.5f + 2 * fabsf(uniform(check));
  call->causal = chance(check, 2);
  if (call->causal && chance(check, 3)) call->window = 1 + below(check, 90);
  if (chance(check, 3)) {
    call->drop_below = (uint32_t)draw(check) >> below(check, 3);
    call->keep_scale = 1 + fabsf(uniform(check));
    call->seed = draw(check);
    call->stream = draw(check);
  }
  call->pairs = c->pairs;
  call->pair_count = below(check, MOST_PAIRS + 1);
  bool crosses = chance(check, 2);
  for (size_t i = 0; i < call->pair_count; i++) {
    at_attention_pair *pair = &c->pairs[i];
    c->rows += below(check, 2);  // rows of nobody
    c->key_rows += below(check, 2);
    pair->query_begin = c->rows;
    pair->query_count = any_count(check);
    pair->key_begin = c->key_rows;
    pair->key_count = crosses ? any_count(check) : pair->query_count;
    c->rows += pair->query_count;
    c->key_rows += pair->key_count;
    if (pair->key_count > c->most_keys) c->most_keys = pair->key_count;
  }
  call->rows = c->rows;
  c->queries = random_heads(check, c->rows, call->heads, call->key_width, &call->queries);
  c->keys = random_heads(check, c->key_rows, call->kv_heads, call->key_width, &call->keys);
  c->values = random_heads(check, c->key_rows, call->kv_heads, call->value_width, &call->values);
  c->upstream = random_row(check, c->rows * call->heads * call->value_width, 1, false);
  if (chance(check, 3)) {
    c->bias_floats = call->heads * c->rows * c->most_keys;
    c->bias = random_row(check, c->bias_floats, 2, false);
    for (size_t i = 0; i < c->bias_floats; i++)
      if (chance(check, 12)) c->bias[i] = -INFINITY;
    call->bias = c->bias;
    call->bias_key = 1;
    call->bias_query = (ptrdiff_t)c->most_keys;
    call->bias_head = (ptrdiff_t)(c->rows * c->most_keys);
  }
  snprintf(c->description, sizeof c->description, "heads %zu/%zu widths %zu/%zu%s window %zu cap %g bias %d drop %u pairs %zu",
           call->heads, call->kv_heads, call->key_width, call->value_width, call->causal ? " causal" : "", call->window,
           (double)call->soft_cap, call->bias != NULL, call->drop_below, call->pair_count);
}

static void free_dense_case(dense_case *c) {
  free(c->queries), free(c->keys), free(c->values), free(c->bias), free(c->upstream);
}

static float *filled(size_t count) {
  float *x = floats_for(count);
  for (size_t i = 0; i < count; i++) x[i] = 77;  // what must not be touched shows
  return x;
}

static dense_result run_case(const dense_case *c, const at_kernels *level) {
  const at_dense_attention *call = &c->call;
  dense_result r;
  r.out = filled(c->rows * call->heads * call->value_width);
  r.log_sums = filled(c->rows * call->heads);
  r.queries = filled(c->rows * call->heads * call->key_width);
  r.keys = filled(c->key_rows * call->kv_heads * call->key_width);
  r.values = filled(c->key_rows * call->kv_heads * call->value_width);
  r.bias = filled(c->bias_floats);
  at_dense_attend(level, call, r.out, r.log_sums);
  at_dense_gradients gradients = {.out = r.out, .log_sums = r.log_sums, .upstream = c->upstream, .queries = r.queries,
                                  .keys = r.keys, .values = r.values, .bias = c->bias ? r.bias : NULL};
  at_dense_attend_backward(level, call, &gradients);
  return r;
}

static void free_result(dense_result *r) {
  free(r->out), free(r->log_sums), free(r->queries), free(r->keys), free(r->values), free(r->bias);
}

typedef struct part {
  const char *name;
  const float *got, *wanted;
  size_t count;
} part;

enum { PARTS = 6 };

static void list_parts(const dense_case *c, const dense_result *got, const dense_result *wanted, part parts[PARTS]) {
  const at_dense_attention *call = &c->call;
  parts[0] = (part){"out", got->out, wanted->out, c->rows * call->heads * call->value_width};
  parts[1] = (part){"log sums", got->log_sums, wanted->log_sums, c->rows * call->heads};
  parts[2] = (part){"query gradient", got->queries, wanted->queries, c->rows * call->heads * call->key_width};
  parts[3] = (part){"key gradient", got->keys, wanted->keys, c->key_rows * call->kv_heads * call->key_width};
  parts[4] = (part){"value gradient", got->values, wanted->values, c->key_rows * call->kv_heads * call->value_width};
  parts[5] = (part){"bias gradient", got->bias, wanted->bias, c->bias_floats};
}

static void compare_close(const dense_case *c, check *check, const at_kernels *level, const dense_result *got,
                          const dense_result *wanted) {
  part parts[PARTS];
  list_parts(c, got, wanted, parts);
  for (size_t i = 0; i < PARTS; i++) {
    size_t at = first_difference(parts[i].count, parts[i].got, parts[i].wanted, 4e-5f, 4e-5f);
    if (at == parts[i].count) continue;
    report(check, "%s %s: %s %zu is %.9g, not %.9g", level->name, c->description, parts[i].name, at,
           (double)parts[i].got[at], (double)parts[i].wanted[at]);
  }
}

static void compare_bits(const dense_case *c, check *check, const char *why, const dense_result *got,
                         const dense_result *wanted) {
  part parts[PARTS];
  list_parts(c, got, wanted, parts);
  for (size_t i = 0; i < PARTS; i++)
    if (!same_bits(parts[i].count, parts[i].got, parts[i].wanted))
      report(check, "%s: %s depends on %s", c->description, parts[i].name, why);
}

// One pair alone has the bits that it has in the call; the others' rows are not touched.
static void check_pair_alone(const dense_case *c, check *check, const at_kernels *level, const dense_result *all) {
  if (c->call.pair_count < 2) return;
  dense_case alone = *c;
  alone.pairs[0] = c->pairs[below(check, c->call.pair_count)];
  alone.call.pairs = alone.pairs;
  alone.call.pair_count = 1;
  dense_result got = run_case(&alone, level), wanted = *all;
  const at_attention_pair *pair = &alone.pairs[0];
  size_t width = c->call.heads * c->call.value_width, keys = c->call.kv_heads * c->call.key_width;
  for (size_t q = 0; q < c->rows; q++) {
    bool own = q >= pair->query_begin && q < pair->query_begin + pair->query_count;
    if (own ? !same_bits(width, got.out + q * width, wanted.out + q * width) : width && got.out[q * width] != 77)
      report(check, "%s %s: row %zu of a pair alone", level->name, c->description, q);
  }
  for (size_t k = 0; k < c->key_rows; k++) {
    bool own = k >= pair->key_begin && k < pair->key_begin + pair->key_count;
    if (own ? !same_bits(keys, got.keys + k * keys, wanted.keys + k * keys) : got.keys[k * keys] != 77)
      report(check, "%s %s: key %zu of a pair alone", level->name, c->description, k);
  }
  free_result(&got);
}

// The gradients that are wanted do not depend on those that are not.
static void check_left_out(const dense_case *c, check *check, const at_kernels *level, dense_result *all) {
  dense_result got = run_case(c, level);
  float *keys = got.keys;
  at_dense_gradients gradients = {.out = all->out, .log_sums = all->log_sums, .upstream = c->upstream, .keys = keys};
  memset(keys, 0, c->key_rows * c->call.kv_heads * c->call.key_width * sizeof(float));
  for (size_t k = 0, width = c->call.kv_heads * c->call.key_width; k < c->key_rows; k++) {
    bool own = false;
    for (size_t i = 0; i < c->call.pair_count; i++)
      own = own || (k >= c->pairs[i].key_begin && k < c->pairs[i].key_begin + c->pairs[i].key_count);
    if (!own) memcpy(keys + k * width, all->keys + k * width, width * sizeof(float));
  }
  at_dense_attend_backward(level, &c->call, &gradients);
  compare_bits(c, check, "which gradients are wanted", &got, all);
  free_result(&got);
}

int at_property_dense_attention(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  check check = {seed, 0, fail};
  for (int i = 0; i < cases && check.failures < 10; i++) {
    check.state = seed + (uint64_t)i * 0x632be59bd9b4e019;
    dense_case c;
    make_dense_case(&c, &check);
    dense_result wanted = run_case(&c, at_kernels_at(AT_ISA_PORTABLE)), got = run_case(&c, level);
    compare_close(&c, &check, level, &got, &wanted);
    int before = at_threads();
    at_set_threads(1 + (int)below(&check, 4));
    dense_result threaded = run_case(&c, level);
    at_set_threads(before);
    compare_bits(&c, &check, "the number of threads", &threaded, &got);
    check_pair_alone(&c, &check, level, &got);
    check_left_out(&c, &check, level, &got);
    free_result(&wanted), free_result(&got), free_result(&threaded);
    free_dense_case(&c);
  }
  return check.failures;
}
