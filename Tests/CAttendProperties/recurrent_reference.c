// Recurrent layers in double precision, one sequence and one step after another.
#include "recurrent_case.h"

typedef struct step {
  double *sums, *late, *state, *cells;  // activated gates; a GRU's W·h + b of n; after the step
} step;

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

static double before(const recurrent_case *t, const step *steps, size_t at, size_t slot, size_t unit, bool cells) {
  if (at > 0) return cells ? steps[at - 1].cells[unit] : steps[at - 1].state[unit];
  return t->has_initial ? (cells ? t->initial_cells : t->initial)[slot * t->hidden + unit] : 0;
}

static void step_forward(const recurrent_case *t, const float *x, const step *steps, size_t at, size_t slot) {
  const step *s = &steps[at];
  size_t h = t->hidden;
  for (size_t row = 0; row < t->gates * h; row++) {
    double input = t->has_bias ? t->bias_input[row] : 0, state = t->has_bias ? t->bias_state[row] : 0;
    for (size_t i = 0; i < t->inputs; i++) input += (double)t->weights_input[row * t->inputs + i] * x[i];
    for (size_t i = 0; i < h; i++) state += t->weights_state[row * h + i] * before(t, steps, at, slot, i, false);
    bool late = t->cell == AT_CELL_GRU && row >= 2 * h;
    s->sums[row] = late ? input : input + state;
    if (late) s->late[row - 2 * h] = state;
  }
  for (size_t u = 0; u < h; u++) {
    double *a = s->sums + u;
    switch (t->cell) {
      case AT_CELL_TANH: s->state[u] = *a = tanh(*a); break;
      case AT_CELL_RELU: s->state[u] = *a = *a > 0 ? *a : 0; break;
      case AT_CELL_LSTM:
        a[0] = sigmoid(a[0]), a[h] = sigmoid(a[h]), a[2 * h] = tanh(a[2 * h]), a[3 * h] = sigmoid(a[3 * h]);
        s->cells[u] = a[h] * before(t, steps, at, slot, u, true) + a[0] * a[2 * h];
        s->state[u] = a[3 * h] * tanh(s->cells[u]);
        break;
      default:
        a[0] = sigmoid(a[0]), a[h] = sigmoid(a[h]), a[2 * h] = tanh(a[2 * h] + a[0] * s->late[u]);
        s->state[u] = (1 - a[h]) * a[2 * h] + a[h] * before(t, steps, at, slot, u, false);
    }
  }
}

// dh and dc: gradients of the state after the step; they become those of the state before it.
static void step_backward(const recurrent_case *t, const recurrent_results *r, size_t token, const step *steps,
                          size_t at, size_t slot, double *dh, double *dc, double *sums, double *late, double **out) {
  const step *s = &steps[at];
  size_t h = t->hidden;
  for (size_t u = 0; u < h; u++) {
    const double *a = s->sums + u;
    double *g = sums + u, old = before(t, steps, at, slot, u, false), d = dh[u];
    dh[u] = 0;
    switch (t->cell) {
      case AT_CELL_TANH: g[0] = d * (1 - a[0] * a[0]); break;
      case AT_CELL_RELU: g[0] = r->values[0][token * h + u] > 0 ? d : 0; break;
      case AT_CELL_LSTM: {
        double c = tanh(s->cells[u]), all = dc[u] + d * a[3 * h] * (1 - c * c);
        g[0] = all * a[2 * h] * a[0] * (1 - a[0]);
        g[h] = all * before(t, steps, at, slot, u, true) * a[h] * (1 - a[h]);
        g[2 * h] = all * a[0] * (1 - a[2 * h] * a[2 * h]);
        g[3 * h] = d * c * a[3 * h] * (1 - a[3 * h]);
        dc[u] = all * a[h];
        break;
      }
      default:
        g[2 * h] = d * (1 - a[h]) * (1 - a[2 * h] * a[2 * h]);
        g[0] = g[2 * h] * s->late[u] * a[0] * (1 - a[0]);
        g[h] = d * (old - a[2 * h]) * a[h] * (1 - a[h]);
        late[u] = g[2 * h] * a[0];
        dh[u] = d * a[h];
    }
  }
  for (size_t row = 0; row < t->gates * h; row++) {
    bool is_late = t->cell == AT_CELL_GRU && row >= 2 * h;
    double input = sums[row], state = is_late ? late[row - 2 * h] : input;
    for (size_t i = 0; i < t->inputs; i++) {
      out[2][token * t->inputs + i] += input * t->weights_input[row * t->inputs + i];
      out[3][row * t->inputs + i] += input * t->x[token * t->inputs + i];
    }
    for (size_t i = 0; i < h; i++) {
      out[4][row * h + i] += state * before(t, steps, at, slot, i, false);
      dh[i] += state * t->weights_state[row * h + i];
    }
    out[5][row] += input, out[6][row] += state;
  }
}

void recurrent_case_expect(const recurrent_case *t, const recurrent_results *r, double *out[RECURRENT_RESULTS]) {
  size_t h = t->hidden, rows = t->gates * h, width = rows + 3 * h;
  for (int i = 0; i < RECURRENT_RESULTS; i++)
    for (size_t j = 0; j < r->sizes[i]; j++) out[i][j] = 0;
  double *gradients = bytes_for((rows + 3 * h) * sizeof(double));
  for (size_t q = 0; q < t->count; q++) {
    size_t length = t->lengths[q], slot = t->slots[q];
    double *memory = bytes_for((length + 1) * width * sizeof(double));
    step *steps = bytes_for((length + 1) * sizeof(step));
    double *dh = gradients + rows + h, *dc = dh + h;
    for (size_t i = 0; i < length; i++) {
      double *own = memory + i * width;
      steps[i] = (step){own, own + rows, own + rows + h, own + rows + 2 * h};
      size_t token = t->begins[q] + (t->reversed ? length - 1 - i : i);
      step_forward(t, t->x + token * t->inputs, steps, i, slot);
      for (size_t u = 0; u < h; u++) out[0][token * h + u] = steps[i].state[u];
    }
    for (size_t u = 0; u < h; u++) {
      if (t->cell == AT_CELL_LSTM) out[1][slot * h + u] = before(t, steps, length, slot, u, true);
      dh[u] = 0, dc[u] = t->cell == AT_CELL_LSTM ? t->upstream_cells[slot * h + u] : 0;
    }
    for (size_t i = length; i-- > 0;) {
      size_t token = t->begins[q] + (t->reversed ? length - 1 - i : i);
      for (size_t u = 0; u < h; u++) dh[u] += t->upstream[token * h + u];
      step_backward(t, r, token, steps, i, slot, dh, dc, gradients, gradients + rows, out);
    }
    for (size_t u = 0; u < h; u++) out[7][slot * h + u] = dh[u], out[8][slot * h + u] = dc[u];
    free(memory), free(steps);
  }
  free(gradients);
}
