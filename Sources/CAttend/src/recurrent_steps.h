// Internal to recurrent layers: the steps of a recurrence cut into blocks, and whose turn it is.
#pragma once
#include "products.h"
#include "recurrent.h"

enum { AT_RECURRENT_SCRATCH = 1, AT_RECURRENT_ROWS = 84 };  // rows of a block: their sums stay in the level-1 cache

// The row of the weights that column `column` of the packed products is; SIZE_MAX for padding.
size_t at_recurrent_row(const at_recurrent_weights *weights, size_t column);

// Step `step` of the sequences [first, last), for the hidden units of panel `block`.
typedef void (*at_step_body)(const void *context, size_t step, size_t first, size_t last, size_t block);

// Runs all steps in order (or, backwards, in reverse); in each, every block of all active sequences.
void at_run_steps(const at_recurrence *call, bool backwards, at_step_body body, const void *context);

// The row of a sequence at a step.
static inline size_t at_step_row(const at_recurrence *call, size_t sequence, size_t step) {
  size_t begin = call->begins[sequence];
  return call->reversed ? begin + call->lengths[sequence] - 1 - step : begin + step;
}

// How many units of a block there really are.
static inline size_t at_block_units(const at_recurrent_weights *w, size_t block) {
  size_t width = w->kernels->products->dense_width, left = w->hidden - block * width;
  return left < width ? left : width;
}
