// Dense attention, the same at all levels: its units of work and who does them.
#include "dense_attention.h"

typedef struct job {
  const at_dense_attention *call;
  const at_dense_attention_kernels *level;
  const at_attention_kernels *blocks;
  const at_dense_gradients *gradients;
  float *out, *log_sums;
} job;

// Copies the keys and values of a head into blocks, and attends as a prompt does. Padding of the columns must be 0.
static void attend_in_blocks(const job *job, const at_attention_pair *pair, size_t kv_head) {
  const at_dense_attention *call = job->call;
  const at_attention_kernels *level = job->blocks;
  size_t block_count = (pair->key_count + AT_KV_BLOCK - 1) / AT_KV_BLOCK;
  size_t bytes = level->block_bytes(AT_F32, call->key_width, call->value_width);
  char *data = at_scratch(AT_DENSE_BLOCKS_SLOT, block_count * (bytes + sizeof(void *)) + 1);
  const void **blocks = (const void **)(data + block_count * bytes);
  for (size_t i = 0; i < block_count; i++) {
    size_t first = i * AT_KV_BLOCK, rest = pair->key_count - first, key_row = pair->key_begin + first;
    char *block = data + i * bytes;
    blocks[i] = block;
    if (rest < AT_KV_BLOCK || call->value_width % AT_DENSE_COLUMNS != 0) memset(block, 0, bytes);
    level->write(AT_F32, call->key_width, call->value_width, block, 0, rest < AT_KV_BLOCK ? rest : AT_KV_BLOCK,
                 at_head_row(&call->keys, key_row, kv_head), (size_t)call->keys.row,
                 at_head_row(&call->values, key_row, kv_head), (size_t)call->values.row);
  }
  at_attention_sequence sequence = {.query_begin = pair->query_begin, .query_count = pair->query_count,
                                    .key_count = pair->key_count, .blocks = blocks};
  at_attention attention = {.heads = call->heads, .kv_heads = call->kv_heads, .key_width = call->key_width,
                            .value_width = call->value_width, .element = AT_F32, .scale = call->scale,
                            .soft_cap = call->soft_cap, .causal = call->causal, .window = call->window,
                            .bias = call->bias, .bias_head = call->bias_head, .bias_query = call->bias_query,
                            .bias_key = call->bias_key, .out = job->out,
                            .out_stride = call->heads * call->value_width, .sequences = &sequence,
                            .sequence_count = 1};
  size_t count = pair->query_count * (call->heads / call->kv_heads);
  for (size_t begin = 0; begin < count; begin += level->tile_rows) {
    at_attention_rows rows = {.attention = &attention, .sequence = &sequence, .kv_head = kv_head, .begin = begin,
                              .count = count - begin < level->tile_rows ? count - begin : level->tile_rows,
                              .queries = call->queries, .dense = call, .log_sums = job->log_sums};
    level->prompt(&rows);
  }
}

static void run_forward(void *context, size_t begin, size_t end) {
  const job *job = context;
  for (size_t unit = begin; unit < end; unit++) {
    const at_attention_pair *pair = &job->call->pairs[unit / job->call->kv_heads];
    if (job->level->forward) {
      job->level->forward(job->call, pair, unit % job->call->kv_heads, job->out, job->log_sums);
    } else {
      attend_in_blocks(job, pair, unit % job->call->kv_heads);
    }
  }
}

static void run_backward(void *context, size_t begin, size_t end) {
  const job *job = context;
  for (size_t unit = begin; unit < end; unit++) {
    const at_attention_pair *pair = &job->call->pairs[unit / job->call->kv_heads];
    job->level->backward(job->call, job->gradients, pair, unit % job->call->kv_heads);
  }
}

static void run(const at_dense_attention *call, double work, at_range_body body, job *job) {
  size_t units = call->pair_count * call->kv_heads;
  if (units == 0) return;
  double cost = 0;
  for (size_t i = 0; i < call->pair_count; i++) cost += (double)call->pairs[i].query_count * (double)call->pairs[i].key_count;
  cost *= (double)(call->heads / call->kv_heads) * (double)(call->key_width + call->value_width) * work;
  // Some 10 µs of work are worth waking a thread for.
  double each = cost / (double)call->pair_count + 1;
  at_parallel_for(units, each > 2e5 ? 1 : (size_t)(2e5 / each) + 1, body, job);
}

void at_dense_attend(const at_kernels *kernels, const at_dense_attention *call, float *out, float *log_sums) {
  job job = {.call = call, .level = kernels->dense_attention, .blocks = kernels->attention,
             .out = out, .log_sums = log_sums};
  run(call, 1, run_forward, &job);
}

void at_dense_attend_backward(const at_kernels *kernels, const at_dense_attention *call,
                              const at_dense_gradients *gradients) {
  job job = {.call = call, .level = kernels->dense_attention, .gradients = gradients};
  run(call, 2.5, run_backward, &job);
}
