// Recurrent layers, forward: one input product for all steps, then step by step.
#include <string.h>
#include "recurrent_steps.h"

// ---- steps -----------------------------------------------------------------------------------------

typedef struct steps {
  const at_recurrence *call;
  bool backwards;
  at_step_body body;
  const void *context;
  size_t blocks, step, active;
} steps;

static void run_blocks(void *context, size_t begin, size_t end) {
  const steps *s = context;
  for (size_t block = begin; block < end; block++) s->body(s->context, s->step, 0, s->active, block);
}

// How many of the sequences [first, last) are active at a step, given how many were at the one before or after it.
static size_t active_at(const size_t *lengths, size_t first, size_t last, size_t active, size_t step) {
  while (active > first && lengths[active - 1] <= step) active--;
  while (active < last && lengths[active] > step) active++;
  return active;
}

static void run_sequences(void *context, size_t begin, size_t end) {
  const steps *s = context;
  size_t count = s->call->lengths[begin], active = begin;
  for (size_t i = 0; i < count; i++) {
    size_t step = s->backwards ? count - 1 - i : i;
    active = active_at(s->call->lengths, begin, end, active, step);
    for (size_t block = 0; block < s->blocks; block++) s->body(s->context, step, begin, active, block);
  }
}

void at_run_steps(const at_recurrence *call, bool backwards, at_step_body body, const void *context) {
  const at_recurrent_weights *w = call->weights;
  size_t width = w->kernels->products->dense_width, gates = at_cell_gates(w->cell);
  steps s = {.call = call, .backwards = backwards, .body = body, .context = context, .blocks = w->padded / width};
  size_t unit = gates * width * w->hidden;  // multiply-adds of a row and block
  // Weights that fit a level-2 cache: threads share the sequences and never wait for each other. Otherwise they share
  // the units of each step, so that the weights pass once.
  if (unit * s.blocks * sizeof(float) <= 512 << 10 && call->count >= 8) {
    at_parallel_for(call->count, call->count >= 16 ? 8 : 4, run_sequences, &s);
    return;
  }
  size_t count = call->count > 0 ? call->lengths[0] : 0;
  for (size_t i = 0; i < count; i++) {
    s.step = backwards ? count - 1 - i : i;
    s.active = active_at(call->lengths, 0, call->count, s.active, s.step);
    at_parallel_for(s.blocks, 1 + 262144 / ((s.active < 4 ? 4 : s.active) * unit + 1), run_blocks, &s);
  }
}

// ---- forward ---------------------------------------------------------------------------------------

size_t at_recurrent_work(const at_recurrent_weights *w, size_t tokens, size_t count, bool backward) {
  size_t gates = at_cell_gates(w->cell);
  if (!backward) return 3 * count * w->padded;  // states of two steps, cells before the first
  size_t most = w->inputs > w->hidden ? w->inputs : w->hidden;
  return (w->cell == AT_CELL_GRU ? 2 : 1) * tokens * gates * w->padded  // gradients of the sums
         + tokens * w->hidden                                           // states before each step
         + 2 * count * gates * w->padded + count * w->padded            // of two steps, carry
         + gates * w->padded * (most + 1) + count * w->hidden;          // results before they find their rows
}

typedef struct forward_job {
  const at_recurrence *call;
  float *states[2], *first_cells;
} forward_job;

// [count, hidden] by slot to [count, padded] by sequence.
static void spread(const at_recurrence *call, const float *from, float *to) {
  size_t hidden = call->weights->hidden, padded = call->weights->padded;
  memset(to, 0, call->count * padded * sizeof(float));
  for (size_t s = 0; from && s < call->count; s++)
    memcpy(to + s * padded, from + call->slots[s] * hidden, hidden * sizeof(float));
}

// Where the sums of a step begin: at the input's part, or at a GRU's hidden bias of n.
static void begin_sums(const at_recurrent_weights *w, const float *gates, size_t block, float *sums) {
  size_t width = w->kernels->products->dense_width, parts = w->cell == AT_CELL_GRU ? 2 : at_cell_gates(w->cell);
  memcpy(sums, gates, parts * width * sizeof(float));
  if (w->cell != AT_CELL_GRU) return;
  if (w->bias)
    memcpy(sums + 2 * width, w->bias + 3 * w->padded + block * width, width * sizeof(float));
  else
    memset(sums + 2 * width, 0, width * sizeof(float));
}

static void step_forward(const void *context, size_t step, size_t first, size_t last, size_t block) {
  const forward_job *job = context;
  const at_recurrence *call = job->call;
  const at_recurrent_weights *w = call->weights;
  size_t width = w->kernels->products->dense_width, gates = at_cell_gates(w->cell), padded = w->padded;
  size_t units = at_block_units(w, block), tile_width = gates * width;
  const float *states = job->states[step % 2];
  float *next = job->states[(step + 1) % 2];
  at_product_range range = {.form = AT_FORM_F32, .phase = AT_PROMPT, .k = w->hidden, .panel_count = gates,
                            .activation_stride = (ptrdiff_t)padded, .pair_step = 2 * width, .out_stride = tile_width,
                            .accumulate = true};
  range.panel_bytes = w->hidden * width * sizeof(float);
  range.panels = (const uint8_t *)w->state.data + block * gates * range.panel_bytes;
  for (; first < last; first += range.rows) {
    range.rows = range.row_end = last - first < AT_RECURRENT_ROWS ? last - first : AT_RECURRENT_ROWS;
    range.activations = states + first * padded;
    range.even = at_scratch(AT_RECURRENT_SCRATCH, range.rows * tile_width * sizeof(float));
    range.odd = range.even + width;
    for (size_t r = 0; r < range.rows; r++)
      begin_sums(w, call->gates + (at_step_row(call, first + r, step) * padded + block * width) * gates, block,
                 range.even + r * tile_width);
    if (step > 0 || call->initial) w->kernels->products->multiply(&range);
    for (size_t r = 0; r < range.rows; r++) {
      size_t sequence = first + r, row = at_step_row(call, sequence, step), column = block * width;
      float *kept = call->kept ? call->kept + row * padded + column : NULL;
      const float *before = states + sequence * padded + column;
      if (w->cell == AT_CELL_LSTM)
        before = step == 0 ? job->first_cells + sequence * padded + column
                           : call->kept + at_step_row(call, sequence, step - 1) * padded + column;
      float *state = next + sequence * padded + column;
      w->kernels->recurrent->forward(w->cell, range.even + r * tile_width,
                                     call->gates + (row * padded + column) * gates, before, kept, state);
      memcpy(call->out + row * w->hidden + column, state, units * sizeof(float));
      if (w->cell == AT_CELL_LSTM && step + 1 == call->lengths[sequence])
        memcpy(call->last_cells + call->slots[sequence] * w->hidden + column, kept, units * sizeof(float));
    }
  }
}

void at_recurrent_forward(const at_recurrence *call) {
  const at_recurrent_weights *w = call->weights;
  if (call->count == 0) return;
  at_epilogue epilogue = {.bias = w->bias};
  size_t columns = at_cell_gates(w->cell) * w->padded;
  at_product(&w->input, call->tokens, call->x, w->inputs, call->gates, columns, &epilogue, AT_PROMPT);
  forward_job job = {.call = call, .states = {call->work, call->work + call->count * w->padded}};
  job.first_cells = job.states[1] + call->count * w->padded;
  spread(call, call->initial, job.states[0]);
  spread(call, call->initial_cells, job.first_cells);
  if (w->cell == AT_CELL_LSTM)  // a sequence without rows ends where it began
    for (size_t s = 0; s < call->count; s++)
      if (call->lengths[s] == 0)
        memcpy(call->last_cells + call->slots[s] * w->hidden, job.first_cells + s * w->padded,
               w->hidden * sizeof(float));
  at_run_steps(call, false, step_forward, &job);
}
