// Internal to recurrent layers: the cells of a level, for one row of a panel's hidden units.
#pragma once
#include "CAttend.h"

enum { AT_MOST_CELL_UNITS = 32 };  // widest panel of any level

struct at_recurrent_kernels {
  // sums: [gates][units]. gates: in, a GRU's nₓ in its third part; out, the activated gates. before: the cells (LSTM) or
  // states (GRU) before the step. kept: the cells, or nₕ. state: h'.
  void (*forward)(at_cell cell, const float *sums, float *gates, const float *before, float *kept, float *state);
  // gradient: of h'. carry: of the cells after the step, becomes that before it (LSTM); of the states, beside what the
  // gates pass on (GRU). sums: gradient of the gates' input sums; late: of a GRU's nₕ.
  void (*backward)(at_cell cell, const float *gradient, const float *gates, const float *before, const float *kept,
                   float *carry, float *sums, float *late);
};
