// Derivatives of row-wise operations in plain C: the specification.
#include <math.h>
#include "at_gradients.h"

static float derivative(at_unary op, float x) {
  switch (op) {
    case AT_RELU: return x > 0 ? 1 : 0;
    case AT_SILU: {
      float s = 1 / (1 + expf(-x));
      return s * (1 + x * (1 - s));
    }
    // Φ(x) + x·φ(x), φ the density of the standard normal distribution.
    case AT_GELU_ERF: return 0.5f * erfcf(-x * 0.70710678f) + x * 0.39894228f * expf(-0.5f * x * x);
    case AT_GELU_TANH: {
      // With u = √(2/π)·(x + 0.044715·x³) and s = ½(1 + tanh u) = σ(2u): s + x·s·(1 − s)·2u′.
      float s = 1 / (1 + expf(-x * (1.595769122f + 0.07135481627f * x * x)));
      return s + x * s * (1 - s) * (1.595769122f + 3 * 0.07135481627f * x * x);
    }
    default: return NAN;
  }
}

static void unary(at_unary op, size_t count, const float *x, const float *upstream, float *out) {
  for (size_t i = 0; i < count; i++) out[i] = upstream[i] * derivative(op, x[i]);
}

// With x̂ = (x − mean)·r, r = 1/√(variance + ε), and g = upstream·(weight + offset): r·(g − mean(g) − x̂·mean(g·x̂)); an
// RMS norm has no means of x and g.
static void norm(const at_norm *norm, size_t rows, const float *x, const float *upstream, float *out, float *weights,
                 float *biases) {
  size_t width = norm->width;
  for (; rows > 0; rows--, x += width, upstream += width) {
    double mean = 0, variance = 0, sum = 0, product = 0;
    for (size_t i = 0; norm->centred && i < width; i++) mean += (double)x[i] / (double)width;
    for (size_t i = 0; i < width; i++) variance += ((double)x[i] - mean) * ((double)x[i] - mean) / (double)width;
    double inverse = 1 / sqrt(variance + (double)norm->epsilon);
    for (size_t i = 0; i < width; i++) {
      double normal = ((double)x[i] - mean) * inverse;
      double g = (double)upstream[i] * (norm->weight ? (double)(norm->weight[i] + norm->offset) : 1);
      if (norm->centred) sum += g / (double)width;
      product += g * normal / (double)width;
    }
    for (size_t i = 0; i < width; i++) {
      double normal = ((double)x[i] - mean) * inverse;
      double g = (double)upstream[i] * (norm->weight ? (double)(norm->weight[i] + norm->offset) : 1);
      if (weights) weights[i] += upstream[i] * (float)normal;
      if (biases) biases[i] += upstream[i];
      if (out) out[i] = (float)(inverse * (g - sum - normal * product));
    }
    if (out) out += width;
  }
}

static void add_rows(size_t rows, size_t width, const float *x, size_t stride, float *sums) {
  for (; rows > 0; rows--, x += stride)
    for (size_t i = 0; i < width; i++) sums[i] += x[i];
}

const at_gradient_kernels at_gradients_portable = {.unary = unary, .norm = norm, .add_rows = add_rows};
