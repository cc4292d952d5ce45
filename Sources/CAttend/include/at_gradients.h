// Derivatives of row-wise operations, fused: one pass over memory each. Single-threaded over the range they are given.
#pragma once
#include "at_rows.h"

#ifdef __cplusplus
extern "C" {
#endif

// What a layer norm or an RMS norm of one width does to a row.
typedef struct at_norm {
  bool centred;        // layer norm: subtracts the mean
  size_t width;
  float epsilon;
  const float *weight; // or NULL for ones
  float offset;        // added to the weight
} at_norm;

typedef struct at_gradient_kernels {
  // out = upstream · f′(x) for AT_RELU, AT_SILU, AT_GELU_ERF and AT_GELU_TANH. `out` may equal an input.
  void (*unary)(at_unary op, size_t count, const float *x, const float *upstream, float *out);
  // The derivative of a norm by its input: rows of `width` floats, one after another. With x̂ the normalised row, adds
  // upstream · x̂ to `weights` and upstream to `biases`, row after row; either may be NULL, `out` too.
  void (*norm)(const at_norm *norm, size_t rows, const float *x, const float *upstream, float *out, float *weights,
               float *biases);
  // sums[c] += x[r·stride + c], row after row.
  void (*add_rows)(size_t rows, size_t width, const float *x, size_t stride, float *sums);
} at_gradient_kernels;

extern const at_gradient_kernels at_gradients_portable;
#if defined(__x86_64__)
extern const at_gradient_kernels at_gradients_avx2, at_gradients_avx512;
#elif defined(__aarch64__)
extern const at_gradient_kernels at_gradients_neon;
#endif

#ifdef __cplusplus
}
#endif
