// The cells in plain C: the specification. A panel of the portable level is one hidden unit wide.
#include <math.h>
#include "recurrent.h"

static float sigmoid(float x) { return x < 0 ? expf(x) / (1 + expf(x)) : 1 / (1 + expf(-x)); }

static void forward(at_cell cell, const float *sums, float *gates, const float *before, float *kept, float *state) {
  switch (cell) {
    case AT_CELL_TANH: *state = gates[0] = tanhf(sums[0]); break;
    case AT_CELL_RELU: *state = gates[0] = sums[0] > 0 || sums[0] != sums[0] ? sums[0] : 0; break;
    case AT_CELL_LSTM:
      gates[0] = sigmoid(sums[0]), gates[1] = sigmoid(sums[1]), gates[2] = tanhf(sums[2]), gates[3] = sigmoid(sums[3]);
      *kept = gates[1] * *before + gates[0] * gates[2];
      *state = gates[3] * tanhf(*kept);
      break;
    case AT_CELL_GRU:
      gates[0] = sigmoid(sums[0]), gates[1] = sigmoid(sums[1]);
      *kept = sums[2];
      gates[2] = tanhf(gates[2] + gates[0] * sums[2]);
      *state = (1 - gates[1]) * gates[2] + gates[1] * *before;
      break;
    case AT_CELL_COUNT: break;
  }
}

static void backward(at_cell cell, const float *gradient, const float *gates, const float *before, const float *kept,
                     float *carry, float *sums, float *late) {
  float dh = *gradient;
  switch (cell) {
    case AT_CELL_TANH: sums[0] = dh * (1 - gates[0] * gates[0]); break;
    case AT_CELL_RELU: sums[0] = gates[0] > 0 ? dh : 0; break;
    case AT_CELL_LSTM: {
      float i = gates[0], f = gates[1], g = gates[2], o = gates[3], c = tanhf(*kept);
      float dc = *carry + dh * o * (1 - c * c);
      sums[0] = dc * g * i * (1 - i);
      sums[1] = dc * *before * f * (1 - f);
      sums[2] = dc * i * (1 - g * g);
      sums[3] = dh * c * o * (1 - o);
      *carry = dc * f;
      break;
    }
    case AT_CELL_GRU: {
      float r = gates[0], z = gates[1], n = gates[2], dn = (dh + *carry) * (1 - z) * (1 - n * n);
      sums[0] = dn * *kept * r * (1 - r);
      sums[1] = (dh + *carry) * (*before - n) * z * (1 - z);
      sums[2] = dn;
      *late = dn * r;
      *carry = (dh + *carry) * z;
      break;
    }
    case AT_CELL_COUNT: break;
  }
}

const at_recurrent_kernels at_recurrent_portable = {.forward = forward, .backward = backward};
