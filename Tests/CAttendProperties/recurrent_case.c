// Random recurrent layers, and running them through the kernels.
#include "recurrent_case.h"

recurrent_case recurrent_case_draw(check *c) {
  recurrent_case t = {.cell = (at_cell)below(c, AT_CELL_COUNT)};
  t.inputs = below(c, 20), t.hidden = chance(c, 12) ? 150 + below(c, 80) : 1 + below(c, 40);
  t.gates = at_cell_gates(t.cell);
  t.count = chance(c, 10) ? 80 + below(c, 20) : below(c, 20);
  t.reversed = chance(c, 2), t.has_bias = !chance(c, 4), t.has_initial = chance(c, 2);
  size_t bytes = t.count * sizeof(size_t), most = 1 + below(c, 10);
  t.begins = bytes_for(bytes), t.lengths = bytes_for(bytes), t.slots = bytes_for(bytes);
  for (size_t i = 0; i < t.count; i++) t.slots[i] = i;
  for (size_t i = 0; i < t.count; i++) t.lengths[i] = chance(c, 8) ? 0 : below(c, most + 1);
  // Laid end to end in the order of slots, listed longest first.
  for (size_t i = 0; i < t.count; i++) t.begins[i] = t.tokens, t.tokens += t.lengths[i];
  for (size_t i = 1; i < t.count; i++)
    for (size_t j = i; j > 0 && t.lengths[j - 1] < t.lengths[j]; j--) {
      size_t *lists[] = {t.begins, t.lengths, t.slots};
      for (int l = 0; l < 3; l++) {
        size_t kept = lists[l][j];
        lists[l][j] = lists[l][j - 1], lists[l][j - 1] = kept;
      }
    }
  float scale = 1.5f / sqrtf((float)t.hidden);
  size_t rows = t.gates * t.hidden, states = t.count * t.hidden;
  t.x = random_row(c, t.tokens * t.inputs, 1, false);
  t.weights_input = random_row(c, rows * t.inputs, 0.5f, false);
  t.weights_state = random_row(c, rows * t.hidden, scale, false);
  t.bias_input = random_row(c, rows, 1, false), t.bias_state = random_row(c, rows, 1, false);
  t.initial = random_row(c, states, 1, false), t.initial_cells = random_row(c, states, 1, false);
  t.upstream = random_row(c, t.tokens * t.hidden, 1, false), t.upstream_cells = random_row(c, states, 1, false);
  return t;
}

void recurrent_case_free(recurrent_case *t) {
  free(t->begins), free(t->lengths), free(t->slots), free(t->x), free(t->weights_input), free(t->weights_state);
  free(t->bias_input), free(t->bias_state), free(t->initial), free(t->initial_cells), free(t->upstream);
  free(t->upstream_cells);
}

recurrent_case recurrent_case_alone(const recurrent_case *t, size_t i) {
  recurrent_case alone = *t;
  alone.count = 1, alone.tokens = t->lengths[i];
  alone.begins = bytes_for(3 * sizeof(size_t)), alone.lengths = alone.begins + 1, alone.slots = alone.begins + 2;
  alone.begins[0] = 0, alone.lengths[0] = t->lengths[i], alone.slots[0] = 0;
  alone.x += t->begins[i] * t->inputs, alone.upstream += t->begins[i] * t->hidden;
  alone.initial += t->slots[i] * t->hidden, alone.initial_cells += t->slots[i] * t->hidden;
  alone.upstream_cells += t->slots[i] * t->hidden;
  return alone;
}

void recurrent_alone_free(recurrent_case *t) { free(t->begins); }

recurrent_results recurrent_results_for(const recurrent_case *t) {
  size_t rows = t->gates * t->hidden, states = t->count * t->hidden;
  recurrent_results r = {.sizes = {t->tokens * t->hidden, states, t->tokens * t->inputs, rows * t->inputs,
                                   rows * t->hidden, rows, rows, states, states}};
  for (int i = 0; i < RECURRENT_RESULTS; i++) r.values[i] = floats_for(r.sizes[i]);
  return r;
}

void recurrent_results_free(recurrent_results *r) {
  for (int i = 0; i < RECURRENT_RESULTS; i++) free(r->values[i]);
}

void recurrent_case_run(const at_kernels *level, const recurrent_case *t, recurrent_results *r) {
  at_recurrent_weights w = {.kernels = level, .cell = t->cell, .inputs = t->inputs, .hidden = t->hidden};
  const float *first = t->has_bias ? t->bias_input : NULL, *second = t->has_bias ? t->bias_state : NULL;
  if (!at_recurrent_pack(&w, t->weights_input, t->weights_state, first, second) ||
      !at_recurrent_pack_back(&w, t->weights_input, t->weights_state))
    abort();
  bool lstm = t->cell == AT_CELL_LSTM;
  at_recurrence call = {.weights = &w, .tokens = t->tokens, .count = t->count, .begins = t->begins,
                        .lengths = t->lengths, .slots = t->slots, .reversed = t->reversed, .x = t->x};
  call.initial = t->has_initial ? t->initial : NULL;
  call.initial_cells = t->has_initial && lstm ? t->initial_cells : NULL;
  call.out = r->values[0];
  call.last_cells = lstm ? r->values[1] : NULL;
  call.gates = floats_for(t->tokens * t->gates * w.padded);
  call.kept = lstm || t->cell == AT_CELL_GRU ? floats_for(t->tokens * w.padded) : NULL;
  call.work = floats_for(at_recurrent_work(&w, t->tokens, t->count, false));
  at_recurrent_forward(&call);
  free(call.work);
  call.work = floats_for(at_recurrent_work(&w, t->tokens, t->count, true));
  at_recurrence_gradients gradients = {.out = t->upstream, .last_cells = lstm ? t->upstream_cells : NULL,
                                       .x = r->values[2], .input = r->values[3], .state = r->values[4],
                                       .input_bias = r->values[5], .state_bias = r->values[6],
                                       .initial = r->values[7], .initial_cells = lstm ? r->values[8] : NULL};
  at_recurrent_backward(&call, &gradients);
  free(call.work), free(call.gates), free(call.kept);
  at_recurrent_release(&w);
}
