// Dense attention and its derivative in plain C: the specification.
//
//   s = scale · q·k   c = cap · tanh(s / cap) + bias   w = e^(c − L), L = log Σ e^c   d = w · dropped   o = Σ d·v
//   dv = Σ d · do     dd = do·v    dc = w · (dd · dropped − do·o)    ds = dc · (1 − (c/cap)²)    dq = Σ scale · ds · k
#include "dense_attention.h"

static float dot(size_t count, const float *x, const float *y) {
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += x[i] * y[i];
  return sum;
}

static void add_scaled(size_t count, float factor, const float *x, float *out) {
  for (size_t i = 0; i < count; i++) out[i] += factor * x[i];
}

// Score of a query and a key before the bias.
static float capped_score(const at_dense_attention *call, const float *query, const float *key) {
  float score = dot(call->key_width, query, key) * call->scale;
  return call->soft_cap != 0 ? tanhf(score / call->soft_cap) * call->soft_cap : score;
}

// What a weight is multiplied with: 0 when it is dropped.
static float kept(const at_dense_attention *call, size_t head, size_t row, size_t key) {
  if (call->drop_below == 0) return 1;
  uint32_t bits = at_random_bits(call->seed, call->stream, at_weight_number(call, head, row, key));
  return bits < call->drop_below ? 0 : call->keep_scale;
}

static void forward_row(const at_dense_attention *call, const at_attention_pair *pair, size_t head, size_t query,
                        float *scores, float *out, float *log_sums) {
  size_t row = pair->query_begin + query, kv_head = head / (call->heads / call->kv_heads);
  at_span span = at_dense_span(call, pair, query);
  const float *own = at_head_row(&call->queries, row, head), *bias = at_dense_bias(call, row, head);
  float largest = -INFINITY, sum = 0;
  for (size_t k = span.begin; k < span.end; k++) {
    scores[k] = capped_score(call, own, at_head_row(&call->keys, pair->key_begin + k, kv_head));
    if (bias) scores[k] += bias[(ptrdiff_t)k * call->bias_key];
    if (scores[k] > largest) largest = scores[k];
  }
  out += (row * call->heads + head) * call->value_width;
  memset(out, 0, call->value_width * sizeof(float));
  float shift = largest == -INFINITY ? 0 : largest;
  for (size_t k = span.begin; k < span.end; k++) {
    float weight = expf(scores[k] - shift);
    sum += weight;
    add_scaled(call->value_width, weight * kept(call, head, row, k),
               at_head_row(&call->values, pair->key_begin + k, kv_head), out);
  }
  if (sum != 0)
    for (size_t d = 0; d < call->value_width; d++) out[d] /= sum;
  if (log_sums) log_sums[head * call->rows + row] = sum == 0 ? INFINITY : shift + logf(sum);
}

static void forward(const at_dense_attention *call, const at_attention_pair *pair, size_t kv_head, float *out,
                    float *log_sums) {
  float *scores = at_scratch(AT_DENSE_SLOT, pair->key_count * sizeof(float));
  size_t group = call->heads / call->kv_heads;
  for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++)
    for (size_t q = 0; q < pair->query_count; q++) forward_row(call, pair, head, q, scores, out, log_sums);
}

static void backward_row(const at_dense_attention *call, const at_dense_gradients *gradients,
                         const at_attention_pair *pair, size_t head, size_t query) {
  size_t row = pair->query_begin + query, kv_head = head / (call->heads / call->kv_heads);
  at_span span = at_dense_span(call, pair, query);
  const float *own = at_head_row(&call->queries, row, head), *bias = at_dense_bias(call, row, head);
  size_t place = (row * call->heads + head) * call->value_width;
  const float *upstream = gradients->upstream + place;
  float log_sum = gradients->log_sums[head * call->rows + row];
  float delta = dot(call->value_width, upstream, gradients->out + place);
  for (size_t k = span.begin; k < span.end; k++) {
    size_t key_row = pair->key_begin + k;
    const float *key = at_head_row(&call->keys, key_row, kv_head), *value = at_head_row(&call->values, key_row, kv_head);
    float capped = capped_score(call, own, key), score = capped, keep = kept(call, head, row, k);
    if (bias) score += bias[(ptrdiff_t)k * call->bias_key];
    float weight = expf(score - log_sum);
    float slope = weight * (dot(call->value_width, upstream, value) * keep - delta);
    if (gradients->bias) {
      ptrdiff_t at = (ptrdiff_t)head * call->bias_head + (ptrdiff_t)row * call->bias_query + (ptrdiff_t)k * call->bias_key;
      gradients->bias[at] = slope;
    }
    if (call->soft_cap != 0) slope *= 1 - capped / call->soft_cap * (capped / call->soft_cap);
    slope *= call->scale;
    size_t to = key_row * call->kv_heads + kv_head;
    if (gradients->values) add_scaled(call->value_width, weight * keep, upstream, gradients->values + to * call->value_width);
    if (gradients->keys) add_scaled(call->key_width, slope, own, gradients->keys + to * call->key_width);
    if (gradients->queries)
      add_scaled(call->key_width, slope, key, gradients->queries + (row * call->heads + head) * call->key_width);
  }
}

static void backward(const at_dense_attention *call, const at_dense_gradients *gradients, const at_attention_pair *pair,
                     size_t kv_head) {
  size_t group = call->heads / call->kv_heads, key_bytes = call->key_width * sizeof(float);
  for (size_t k = 0; k < pair->key_count; k++) {
    size_t to = (pair->key_begin + k) * call->kv_heads + kv_head;
    if (gradients->keys) memset(gradients->keys + to * call->key_width, 0, key_bytes);
    if (gradients->values) memset(gradients->values + to * call->value_width, 0, call->value_width * sizeof(float));
  }
  for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++) {
    for (size_t q = 0; q < pair->query_count; q++) {
      size_t to = (pair->query_begin + q) * call->heads + head;
      if (gradients->queries) memset(gradients->queries + to * call->key_width, 0, key_bytes);
      backward_row(call, gradients, pair, head, q);
    }
  }
}

const at_dense_attention_kernels at_dense_attention_portable = {.forward = forward, .backward = backward};
