// Recurrent weights as the kernels read them: column (block·gates + gate)·width + unit of the packed products is row
// gate·hidden + block·width + unit of the weights, and zero where there is no such unit.
#include <string.h>
#include "products.h"
#include "recurrent_steps.h"

size_t at_cell_gates(at_cell cell) { return cell == AT_CELL_LSTM ? 4 : cell == AT_CELL_GRU ? 3 : 1; }

size_t at_recurrent_row(const at_recurrent_weights *w, size_t column) {
  size_t width = w->kernels->products->dense_width, gates = at_cell_gates(w->cell), part = column / width;
  size_t unit = part / gates * width + column % width;
  return unit < w->hidden ? part % gates * w->hidden + unit : SIZE_MAX;
}

static bool allocate(at_recurrent_weights *w, at_packed *packed, size_t n, size_t k) {
  size_t bytes = at_packed_bytes(w->kernels, AT_FORM_F32, false, n, k);
  if (bytes == 0 && n != 0 && k != 0) return false;
  *packed = (at_packed){.kernels = w->kernels, .form = AT_FORM_F32, .n = n, .k = k, .bytes = bytes};
  packed->data = at_alloc(bytes ? bytes : 1);
  return packed->data != NULL;
}

static bool pack_forward(at_recurrent_weights *w, at_packed *packed, size_t k, const float *weights) {
  size_t n = at_cell_gates(w->cell) * w->padded;
  if (!allocate(w, packed, n, k)) return false;
  const void **rows = at_alloc((n + 1) * sizeof *rows);
  if (!rows) return false;
  for (size_t i = 0; i < n; i++) {
    size_t row = at_recurrent_row(w, i);
    rows[i] = row == SIZE_MAX ? NULL : weights + row * k;
  }
  at_pack(packed, AT_SOURCE_F32, rows);
  at_free(rows, (n + 1) * sizeof *rows);
  return true;
}

bool at_recurrent_pack(at_recurrent_weights *w, const float *input, const float *state, const float *input_bias,
                       const float *state_bias) {
  size_t width = w->kernels->products->dense_width, gates = at_cell_gates(w->cell);
  w->padded = at_round_up(w->hidden, width);
  w->input.data = w->state.data = w->input_back.data = w->state_back.data = NULL;
  w->bias = NULL;
  if (!pack_forward(w, &w->input, w->inputs, input) || !pack_forward(w, &w->state, w->hidden, state)) return false;
  if (!input_bias || !state_bias) return true;
  if (!(w->bias = at_alloc((gates + 1) * w->padded * sizeof(float)))) return false;
  float *late = w->bias + gates * w->padded;
  memset(late, 0, w->padded * sizeof(float));
  for (size_t i = 0; i < gates * w->padded; i++) {
    size_t row = at_recurrent_row(w, i);
    w->bias[i] = row == SIZE_MAX ? 0 : input_bias[row];
    if (row == SIZE_MAX) continue;
    // The reset gate multiplies the hidden bias of n, so that stays apart.
    if (w->cell == AT_CELL_GRU && row >= 2 * w->hidden)
      late[row - 2 * w->hidden] = state_bias[row];
    else
      w->bias[i] += state_bias[row];
  }
  return true;
}

typedef struct back_job {
  const at_recurrent_weights *weights;
  const at_packed *packed;
  const float *source;  // [gates · hidden, n]
} back_job;

// A panel of the transposed weights is a column of slices of their rows.
static void pack_back_panels(void *context, size_t begin, size_t end) {
  const back_job *job = context;
  size_t width = job->weights->kernels->products->dense_width, n = job->packed->n, k = job->packed->k;
  for (size_t p = begin; p < end; p++) {
    float *to = (float *)job->packed->data + p * k * width;
    size_t count = n - p * width < width ? n - p * width : width;
    for (size_t i = 0; i < k; i++, to += width) {
      size_t row = at_recurrent_row(job->weights, i);
      if (row != SIZE_MAX) memcpy(to, job->source + row * n + p * width, count * sizeof(float));
      memset(to + (row == SIZE_MAX ? 0 : count), 0, (width - (row == SIZE_MAX ? 0 : count)) * sizeof(float));
    }
  }
}

bool at_recurrent_pack_back(at_recurrent_weights *w, const float *input, const float *state) {
  size_t k = at_cell_gates(w->cell) * w->padded, width = w->kernels->products->dense_width;
  if (!allocate(w, &w->input_back, w->inputs, k) || !allocate(w, &w->state_back, w->hidden, k)) return false;
  back_job of_input = {w, &w->input_back, input}, of_state = {w, &w->state_back, state};
  size_t grain = 1 + 16384 / (k * width + 1);
  at_parallel_for((w->inputs + width - 1) / width, grain, pack_back_panels, &of_input);
  at_parallel_for((w->hidden + width - 1) / width, grain, pack_back_panels, &of_state);
  return true;
}

void at_recurrent_release(at_recurrent_weights *w) {
  at_packed *all[] = {&w->input, &w->state, &w->input_back, &w->state_back};
  for (size_t i = 0; i < 4; i++) {
    at_free(all[i]->data, all[i]->bytes ? all[i]->bytes : 1);
    all[i]->data = NULL;
  }
  at_free(w->bias, (at_cell_gates(w->cell) + 1) * w->padded * sizeof(float));
  w->bias = NULL;
}
