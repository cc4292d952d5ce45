// A random recurrent layer with its batch, and where results go. Shared by the properties of recurrent layers.
#pragma once
#include "CAttend.h"
#include "property_support.h"

enum { RECURRENT_RESULTS = 10 };  // out, last cells, then the gradients in the order of at_recurrence_gradients

typedef struct recurrent_case {
  at_cell cell;
  size_t inputs, hidden, gates, tokens, count;
  size_t *begins, *lengths, *slots;
  bool reversed, has_bias, has_initial;
  float *x, *weights_input, *weights_state, *bias_input, *bias_state, *initial, *initial_cells, *upstream, *upstream_cells;
} recurrent_case;

typedef struct recurrent_results {
  float *values[RECURRENT_RESULTS];
  size_t sizes[RECURRENT_RESULTS];
} recurrent_results;

recurrent_case recurrent_case_draw(check *c);
void recurrent_case_free(recurrent_case *t);
// The case with the sequence at position `i` of its order alone; shares the weights, so free it with recurrent_alone_free.
recurrent_case recurrent_case_alone(const recurrent_case *t, size_t i);
void recurrent_alone_free(recurrent_case *t);

recurrent_results recurrent_results_for(const recurrent_case *t);
void recurrent_results_free(recurrent_results *r);
void recurrent_case_run(const at_kernels *level, const recurrent_case *t, recurrent_results *r);
// The same in double precision, step by step. `r` has the kernels' results: a ReLU is open where its output was.
void recurrent_case_expect(const recurrent_case *t, const recurrent_results *r, double *expected[RECURRENT_RESULTS]);
