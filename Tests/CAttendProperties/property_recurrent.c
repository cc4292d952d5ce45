// Recurrent layers against double precision, against themselves one sequence at a time, and for any number of threads.
#include "property_recurrent.h"
#include "recurrent_case.h"

static const char *const names[RECURRENT_RESULTS] = {"the output", "the last cells", "x", "the input weights", "the state weights",
                                                    "the input bias", "the state bias", "the initial state", "the initial cells", ""};

// LSTM only: last cells and initial cells.
static bool has(const recurrent_case *t, int result) {
  return (result != 1 && result != 8) || t->cell == AT_CELL_LSTM;
}

static void describe(check *c, const recurrent_case *t, int result, const char *what) {
  report(c, "recurrent cell %d, %zu inputs, %zu hidden, %zu sequences, %zu rows%s%s%s: %s %s", (int)t->cell, t->inputs,
         t->hidden, t->count, t->tokens, t->reversed ? ", reversed" : "", t->has_bias ? ", bias" : "",
         t->has_initial ? ", from a state" : "", names[result], what);
}

static void compare_with_double(check *c, const recurrent_case *t, const recurrent_results *r) {
  double *expected[RECURRENT_RESULTS];
  for (int i = 0; i < RECURRENT_RESULTS; i++) expected[i] = bytes_for(r->sizes[i] * sizeof(double));
  recurrent_case_expect(t, r, expected);
  for (int i = 0; i < RECURRENT_RESULTS - 1; i++) {
    if (!has(t, i)) continue;
    double largest = 1;
    for (size_t j = 0; j < r->sizes[i]; j++) largest = fmax(largest, fabs(expected[i][j]));
    for (size_t j = 0; j < r->sizes[i]; j++)
      if (!(fabs(r->values[i][j] - expected[i][j]) <= 3e-5 * largest)) {
        describe(c, t, i, "differs from double precision");
        break;
      }
  }
  for (int i = 0; i < RECURRENT_RESULTS; i++) free(expected[i]);
}

static void compare_alone(check *c, const at_kernels *level, const recurrent_case *t, const recurrent_results *r) {
  if (t->count == 0) return;
  size_t i = below(c, t->count), h = t->hidden, slot = t->slots[i];
  recurrent_case alone = recurrent_case_alone(t, i);
  recurrent_results own = recurrent_results_for(&alone);
  recurrent_case_run(level, &alone, &own);
  const size_t offsets[RECURRENT_RESULTS] = {t->begins[i] * h, slot * h, t->begins[i] * t->inputs, 0, 0, 0, 0, slot * h, slot * h};
  const int per_sequence[] = {0, 1, 2, 7, 8};
  for (size_t k = 0; k < 5; k++) {
    int result = per_sequence[k];
    if (has(t, result) && !same_bits(own.sizes[result], own.values[result], r->values[result] + offsets[result]))
      describe(c, t, result, "depends on the other sequences");
  }
  recurrent_results_free(&own);
  recurrent_alone_free(&alone);
}

int at_property_recurrent(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  check c = {.state = seed, .fail = fail};
  for (int k = 0; k < cases; k++) {
    recurrent_case t = recurrent_case_draw(&c);
    recurrent_results r = recurrent_results_for(&t);
    recurrent_case_run(level, &t, &r);
    compare_with_double(&c, &t, &r);
    compare_alone(&c, level, &t, &r);
    recurrent_results_free(&r);
    recurrent_case_free(&t);
  }
  return c.failures;
}

int at_property_recurrent_threads(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  check c = {.state = seed, .fail = fail};
  for (int k = 0; k < cases; k++) {
    recurrent_case t = recurrent_case_draw(&c);
    recurrent_results one = recurrent_results_for(&t), many = recurrent_results_for(&t);
    at_set_threads(1);
    recurrent_case_run(level, &t, &one);
    at_set_threads(2 + (int)below(&c, 3));
    recurrent_case_run(level, &t, &many);
    for (int i = 0; i < RECURRENT_RESULTS - 1; i++)
      if (has(&t, i) && !same_bits(one.sizes[i], one.values[i], many.values[i]))
        describe(&c, &t, i, "depends on the number of threads");
    recurrent_results_free(&one), recurrent_results_free(&many);
    recurrent_case_free(&t);
  }
  at_set_threads(0);
  return c.failures;
}
