// Recurrent layers, backward: from the last step to the first, then one product for each of the weights and the input.
#include <string.h>
#include "recurrent_steps.h"

typedef struct backward_job {
  const at_recurrence *call;
  const at_recurrence_gradients *gradients;
  float *sums;       // gradients of the input's part of the sums, [tokens, gates · padded]
  float *late_sums;  // of the states' part: the same but for a GRU
  float *steps[2];   // the states' part at a step and the one after it, [count, gates · padded]
  float *carry;      // [count, padded]
  float *before;     // states before each step, [tokens, hidden]
  float *results;    // [gates · padded, inputs or hidden]
  float *firsts;     // [count, hidden]
} backward_job;

// ---- steps -----------------------------------------------------------------------------------------

// The states (GRU) or cells (LSTM) before a step, zero in padding.
static const float *units_before(const at_recurrence *call, size_t sequence, size_t step, size_t block, float *local) {
  const at_recurrent_weights *w = call->weights;
  size_t column = block * w->kernels->products->dense_width, units = at_block_units(w, block);
  bool lstm = w->cell == AT_CELL_LSTM;
  const float *from = NULL, *first = lstm ? call->initial_cells : call->initial;
  if (step > 0 && lstm) return call->kept + at_step_row(call, sequence, step - 1) * w->padded + column;
  if (step > 0)
    from = call->out + at_step_row(call, sequence, step - 1) * w->hidden + column;
  else if (first)
    from = first + call->slots[sequence] * w->hidden + column;
  memset(local, 0, AT_MOST_CELL_UNITS * sizeof(float));
  if (from) memcpy(local, from, units * sizeof(float));
  return local;
}

static void step_backward(const void *context, size_t step, size_t first, size_t last, size_t block) {
  const backward_job *job = context;
  const at_recurrence *call = job->call;
  const at_recurrent_weights *w = call->weights;
  size_t width = w->kernels->products->dense_width, gates = at_cell_gates(w->cell), padded = w->padded;
  size_t units = at_block_units(w, block), column = block * width, columns = gates * padded;
  const float *after = job->steps[(step + 1) % 2];
  float *now = job->steps[step % 2];
  at_product_range range = {.form = AT_FORM_F32, .phase = AT_PROMPT, .k = columns, .panel_count = 1,
                            .activation_stride = (ptrdiff_t)columns, .pair_step = 2 * width, .out_stride = width,
                            .accumulate = true};
  range.panel_bytes = columns * width * sizeof(float);
  range.panels = (const uint8_t *)w->state_back.data + block * range.panel_bytes;
  for (size_t count; first < last; first += count) {
    count = last - first < AT_RECURRENT_ROWS ? last - first : AT_RECURRENT_ROWS;
    float *tile = at_scratch(AT_RECURRENT_SCRATCH, count * width * sizeof(float));
    memset(tile, 0, count * width * sizeof(float));
    range.rows = 0;
    for (size_t r = 0; r < count; r++) {
      size_t row = at_step_row(call, first + r, step);
      memcpy(tile + r * width, job->gradients->out + row * w->hidden + column, units * sizeof(float));
      if (call->lengths[first + r] > step + 1) range.rows = r + 1;  // it goes on: the first ones do
    }
    range.row_end = range.rows;
    range.activations = after + first * columns;
    range.even = range.odd = tile;
    if (range.rows > 0) w->kernels->products->multiply(&range);
    for (size_t r = 0; r < count; r++) {
      size_t sequence = first + r, row = at_step_row(call, sequence, step);
      float local[AT_MOST_CELL_UNITS], late[AT_MOST_CELL_UNITS];
      size_t place = row * columns + column * gates;
      float *sums = job->sums + place, *state_sums = now + sequence * columns + column * gates;
      w->kernels->recurrent->backward(w->cell, tile + r * width, call->gates + place,
                                      units_before(call, sequence, step, block, local),
                                      call->kept ? call->kept + row * padded + column : NULL,
                                      job->carry + sequence * padded + column, sums, late);
      memcpy(state_sums, sums, gates * width * sizeof(float));
      if (w->cell != AT_CELL_GRU) continue;
      memcpy(state_sums + 2 * width, late, width * sizeof(float));
      memcpy(job->late_sums + place, state_sums, gates * width * sizeof(float));
    }
  }
}

// ---- sums over all steps ---------------------------------------------------------------------------

static void copy_before(void *context, size_t begin, size_t end) {
  const backward_job *job = context;
  const at_recurrence *call = job->call;
  size_t hidden = call->weights->hidden;
  for (size_t s = begin; s < end; s++)
    for (size_t step = 0; step < call->lengths[s]; step++) {
      float *to = job->before + at_step_row(call, s, step) * hidden;
      if (step > 0)
        memcpy(to, call->out + at_step_row(call, s, step - 1) * hidden, hidden * sizeof(float));
      else if (call->initial)
        memcpy(to, call->initial + call->slots[s] * hidden, hidden * sizeof(float));
      else
        memset(to, 0, hidden * sizeof(float));
    }
}

// Rows of the weights' own order from rows in that of the packed columns.
static void reorder(const backward_job *job, size_t width, const float *from, float *to) {
  const at_recurrent_weights *w = job->call->weights;
  for (size_t i = 0; i < at_cell_gates(w->cell) * w->padded; i++) {
    size_t row = at_recurrent_row(w, i);
    if (row != SIZE_MAX) memcpy(to + row * width, from + i * width, width * sizeof(float));
  }
}

// sumsᵀ · x
static void weight_gradient(const backward_job *job, const float *sums, const float *x, size_t width, float *out) {
  const at_recurrent_weights *w = job->call->weights;
  size_t columns = at_cell_gates(w->cell) * w->padded;
  at_matmul_f32(w->kernels, columns, width, job->call->tokens, sums, 1, (ptrdiff_t)columns, x, (ptrdiff_t)width, 1,
                job->results, (ptrdiff_t)width, false);
  reorder(job, width, job->results, out);
}

typedef struct column_job {
  const backward_job *job;
  const float *sums;
} column_job;

// In pieces, so that rounding errors do not grow with the number of rows.
static void sum_columns(void *context, size_t begin, size_t end) {
  const column_job *sum = context;
  const at_recurrence *call = sum->job->call;
  size_t columns = at_cell_gates(call->weights->cell) * call->weights->padded;
  for (size_t c = begin * 64; c < end * 64 && c < columns; c += 64) {
    size_t width = columns - c < 64 ? columns - c : 64;
    float total[64] = {0};
    for (size_t row = 0; row < call->tokens;) {
      float piece[64] = {0};
      size_t stop = call->tokens - row < 128 ? call->tokens : row + 128;
      for (; row < stop; row++)
        for (size_t i = 0; i < width; i++) piece[i] += sum->sums[row * columns + c + i];
      for (size_t i = 0; i < width; i++) total[i] += piece[i];
    }
    memcpy(sum->job->results + c, total, width * sizeof(float));
  }
}

static void bias_gradient(const backward_job *job, const float *sums, float *out) {
  column_job sum = {job, sums};
  size_t columns = at_cell_gates(job->call->weights->cell) * job->call->weights->padded;
  at_parallel_for((columns + 63) / 64, 1 + 32768 / (64 * job->call->tokens + 1), sum_columns, &sum);
  reorder(job, 1, job->results, out);
}

// What reaches the states before the first step; sequences without rows pass nothing here.
static void initial_gradient(const backward_job *job, float *out) {
  const at_recurrence *call = job->call;
  const at_recurrent_weights *w = call->weights;
  size_t begun = 0;
  while (begun < call->count && call->lengths[begun] > 0) begun++;
  memset(out, 0, call->count * w->hidden * sizeof(float));
  at_product(&w->state_back, begun, job->steps[0], at_cell_gates(w->cell) * w->padded, job->firsts, w->hidden, NULL,
             AT_PROMPT);
  for (size_t s = 0; s < begun; s++)
    for (size_t i = 0; i < w->hidden; i++)
      out[call->slots[s] * w->hidden + i] =
          job->firsts[s * w->hidden + i] + (w->cell == AT_CELL_GRU ? job->carry[s * w->padded + i] : 0);
}

void at_recurrent_backward(const at_recurrence *call, const at_recurrence_gradients *gradients) {
  const at_recurrent_weights *w = call->weights;
  size_t columns = at_cell_gates(w->cell) * w->padded, most = w->inputs > w->hidden ? w->inputs : w->hidden;
  backward_job job = {.call = call, .gradients = gradients};
  float *next = call->work;
  job.sums = job.late_sums = next, next += call->tokens * columns;
  if (w->cell == AT_CELL_GRU) job.late_sums = next, next += call->tokens * columns;
  job.before = next, next += call->tokens * w->hidden;
  for (int i = 0; i < 2; i++) job.steps[i] = next, next += call->count * columns;
  job.carry = next, next += call->count * w->padded;
  job.results = next, next += columns * (most + 1);
  job.firsts = next;

  memset(job.carry, 0, call->count * w->padded * sizeof(float));
  for (size_t s = 0; gradients->last_cells && s < call->count; s++)
    memcpy(job.carry + s * w->padded, gradients->last_cells + call->slots[s] * w->hidden, w->hidden * sizeof(float));
  at_run_steps(call, true, step_backward, &job);

  if (gradients->initial) initial_gradient(&job, gradients->initial);
  for (size_t s = 0; gradients->initial_cells && s < call->count; s++)
    memcpy(gradients->initial_cells + call->slots[s] * w->hidden, job.carry + s * w->padded,
           w->hidden * sizeof(float));
  if (gradients->x)
    at_product(&w->input_back, call->tokens, job.sums, columns, gradients->x, w->inputs, NULL, AT_PROMPT);
  if (gradients->input) weight_gradient(&job, job.sums, call->x, w->inputs, gradients->input);
  if (gradients->state) {
    at_parallel_for(call->count, 1, copy_before, &job);
    weight_gradient(&job, job.late_sums, job.before, w->hidden, gradients->state);
  }
  if (gradients->input_bias) bias_gradient(&job, job.sums, gradients->input_bias);
  if (gradients->state_bias) bias_gradient(&job, job.late_sums, gradients->state_bias);
}
