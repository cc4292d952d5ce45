// Dense attention, the same at all levels: its units of work and who does them.
#include "dense_attention.h"

typedef struct job {
  const at_dense_attention *call;
  const at_dense_attention_kernels *level;
  const at_dense_gradients *gradients;
  float *out, *log_sums;
} job;

static void run_forward(void *context, size_t begin, size_t end) {
  const job *job = context;
  for (size_t unit = begin; unit < end; unit++) {
    const at_attention_pair *pair = &job->call->pairs[unit / job->call->kv_heads];
    job->level->forward(job->call, pair, unit % job->call->kv_heads, job->out, job->log_sums);
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
  job job = {.call = call, .level = kernels->dense_attention, .out = out, .log_sums = log_sums};
  run(call, 1, run_forward, &job);
}

void at_dense_attend_backward(const at_kernels *kernels, const at_dense_attention *call,
                              const at_dense_gradients *gradients) {
  job job = {.call = call, .level = kernels->dense_attention, .gradients = gradients};
  run(call, 2.5, run_backward, &job);
}
