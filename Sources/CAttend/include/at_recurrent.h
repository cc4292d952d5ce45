// Recurrent layers over whole sequences laid end to end: float32, one direction of one layer per call.
//
// The input product of all steps is one product; then each step multiplies the states of the sequences that are still
// active with the recurrent weights, packed once, and applies the cell while the sums are in the cache. A sequence's
// numbers do not depend on the other sequences of the call.
#pragma once
#include "at_products.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum at_cell {
  AT_CELL_TANH,  // h' = tanh(a)
  AT_CELL_RELU,  // h' = max(a, 0)
  AT_CELL_LSTM,  // gates i, f, g, o: c' = σ(f)·c + σ(i)·tanh(g), h' = σ(o)·tanh(c')
  AT_CELL_GRU,   // gates r, z, n: ñ = tanh(nₓ + r·nₕ), h' = (1 − z)·ñ + z·h, nₕ = W·h + b
  AT_CELL_COUNT
} at_cell;

// Blocks of rows in the weights of a cell.
size_t at_cell_gates(at_cell cell);

// The weights of a layer for the kernels of one level. Hidden units are padded to whole panels and the gates of a
// panel's units lie side by side, so that a cell finds all its sums in one place.
typedef struct at_recurrent_weights {
  const struct at_kernels *kernels;
  at_cell cell;
  size_t inputs, hidden, padded;
  at_packed input, state;            // of the forward pass
  at_packed input_back, state_back;  // of the backward pass; data is NULL until at_recurrent_pack_back
  float *bias;                       // [gates · padded], sums of both; then a GRU's hidden bias of n, [padded]. NULL: none
} at_recurrent_weights;

// Packs weights [gates · hidden, inputs] and [gates · hidden, hidden] and biases [gates · hidden] (both NULL: none) of
// the cell and sizes set in `weights`. False when there is no memory; release in any case.
bool at_recurrent_pack(at_recurrent_weights *weights, const float *input, const float *state, const float *input_bias,
                       const float *state_bias);
bool at_recurrent_pack_back(at_recurrent_weights *weights, const float *input, const float *state);
void at_recurrent_release(at_recurrent_weights *weights);

typedef struct at_recurrence {
  const at_recurrent_weights *weights;
  size_t tokens, count;  // rows in all, sequences
  // Of each sequence, the longest first: its first row, its length, and its row in [count, hidden] states.
  const size_t *begins, *lengths, *slots;
  bool reversed;         // steps go from the last row of a sequence to its first
  const float *x;        // [tokens, inputs]
  const float *initial, *initial_cells;  // [count, hidden] or NULL for zeros
  float *out;            // [tokens, hidden]
  float *last_cells;     // [count, hidden], LSTM only
  // Kept for the backward pass: activated gates [tokens, gates · padded]; of an LSTM the cells, of a GRU nₕ
  // [tokens, padded].
  float *gates, *kept;
  float *work;           // at_recurrent_work(...) floats
} at_recurrence;

size_t at_recurrent_work(const at_recurrent_weights *weights, size_t tokens, size_t count, bool backward);
void at_recurrent_forward(const at_recurrence *call);

// Gradients; each of the results may be NULL. `out` and everything kept are those of the forward pass.
typedef struct at_recurrence_gradients {
  const float *out;         // [tokens, hidden]
  const float *last_cells;  // [count, hidden], or NULL for zeros
  float *x, *input, *state, *input_bias, *state_bias, *initial, *initial_cells;
} at_recurrence_gradients;

void at_recurrent_backward(const at_recurrence *call, const at_recurrence_gradients *gradients);

typedef struct at_recurrent_kernels at_recurrent_kernels;

extern const at_recurrent_kernels at_recurrent_portable;
#if defined(__x86_64__)
extern const at_recurrent_kernels at_recurrent_avx2, at_recurrent_avx512;
#elif defined(__aarch64__)
extern const at_recurrent_kernels at_recurrent_neon;
#endif

#ifdef __cplusplus
}
#endif
