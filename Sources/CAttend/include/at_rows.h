// Row-wise and elementwise kernels. All single-threaded over the range they are given; callers split the work.
// Row kernels take `rows` rows of `width` floats; strides are in elements. `out` may equal an input unless noted.
// A row's result never depends on how many rows the call has.
#pragma once
#include "at_runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum at_unary {
  AT_NEGATE, AT_ABS, AT_EXP, AT_LOG, AT_SQRT, AT_RSQRT, AT_RECIPROCAL, AT_SQUARE, AT_SIN, AT_COS, AT_TANH, AT_SIGMOID,
  AT_ERF, AT_RELU, AT_SILU,
  AT_GELU_ERF,   // x/2 (1 + erf(x/√2))
  AT_GELU_TANH,  // x/2 (1 + tanh(√(2/π)(x + 0.044715x³)))
  AT_UNARY_COUNT
} at_unary;

typedef enum at_binary { AT_ADD, AT_SUBTRACT, AT_MULTIPLY, AT_DIVIDE, AT_MAXIMUM, AT_MINIMUM, AT_POWER, AT_BINARY_COUNT } at_binary;

typedef enum at_reduction { AT_SUM, AT_MAX, AT_MIN, AT_SUM_SQUARES, AT_REDUCTION_COUNT } at_reduction;

typedef enum at_element { AT_F32 = 0, AT_BF16 = 1, AT_F16 = 2 } at_element;

// g' = g + penalty·p; p = shrink·p; m = β₁m + (1−β₁)g'; v = β₂v + (1−β₂)g'²; p −= step·m/(√v·correction + epsilon)
// with rest1 = 1 − β₁ and rest2 = 1 − β₂, rounded once.
typedef struct at_adam_step { float rest1, beta2, rest2, epsilon, step, correction, shrink, penalty; } at_adam_step;
// g' = g + penalty·p; u = momentum·u + g'; p −= rate·(nesterov ? g' + momentum·u : u)
typedef struct at_momentum_step { float rate, momentum, penalty; bool nesterov; } at_momentum_step;
// p = shrink·p − rate·sign(β₁m + (1−β₁)g); m = β₂m + (1−β₂)g
typedef struct at_lion_step { float rate, beta1, rest1, beta2, rest2, shrink; } at_lion_step;

typedef struct at_row_kernels {
  void (*unary)(at_unary op, size_t count, const float *x, float *out);
  // x and y of `count` elements each; scalar variants broadcast one side.
  void (*binary)(at_binary op, size_t count, const float *x, const float *y, float *out);
  void (*binary_scalar)(at_binary op, size_t count, const float *x, float y, float *out);
  void (*scalar_binary)(at_binary op, size_t count, float x, const float *y, float *out);
  // out = x * scale + y  (y may equal out)
  void (*scale_add)(size_t count, const float *x, float scale, const float *y, float *out);
  // Reduces `count` contiguous floats; sums are pairwise or in several lanes, in an order fixed by count alone.
  float (*reduce)(at_reduction op, size_t count, const float *x);

  // softmax(scale·x) of each row; a row that is all −∞ becomes zeros. log_softmax likewise, −∞ rows stay −∞.
  void (*softmax)(size_t rows, size_t width, float scale, const float *x, size_t xs, float *out, size_t os);
  void (*log_softmax)(size_t rows, size_t width, const float *x, size_t xs, float *out, size_t os);
  // (x − mean)/√(variance + epsilon) · weight + bias, two-pass. weight and bias may be NULL.
  void (*layer_norm)(size_t rows, size_t width, float epsilon, const float *x, size_t xs, const float *weight,
                     const float *bias, float *out, size_t os);
  // x/√(mean(x²) + epsilon) · (offset + weight); offset is 0 (Llama) or 1 (Gemma). weight may be NULL.
  void (*rms_norm)(size_t rows, size_t width, float epsilon, float offset, const float *x, size_t xs,
                   const float *weight, float *out, size_t os);
  // sum = x + y, out = rms_norm(sum): one pass over memory. `sum` may equal x or y.
  void (*add_rms_norm)(size_t rows, size_t width, float epsilon, float offset, const float *x, const float *y,
                       const float *weight, float *sum, float *out);
  // act(gate) · up
  void (*gated)(at_unary activation, size_t count, const float *gate, const float *up, float *out);

  // Rotates `heads` heads of `head_width` floats in one row, in place or not. cosines and sines hold rotary/2 values each.
  // halves: pairs (i, i + rotary/2) (Hugging Face); otherwise neighbours (2i, 2i + 1) (original, GGUF).
  // Columns from `rotary` to `head_width` are copied.
  void (*rotary)(size_t heads, size_t head_width, size_t rotary, bool halves, const float *cosines,
                 const float *sines, const float *x, size_t head_stride, float *out, size_t out_head_stride);

  // Conversions with round to nearest even; NaN stays NaN.
  void (*to_f32)(at_element from, size_t count, const void *x, float *out);
  void (*from_f32)(at_element to, size_t count, const float *x, void *out);

  // Random bits: out[i] is word (first + i) mod 4 of Philox4x32-10's block (first + i)/4 of `stream` under the key `seed`.
  void (*random_bits)(uint64_t seed, uint64_t stream, uint64_t first, size_t count, uint32_t *out);
  // out[i] = x[i] · scale where random bit word (first + i) is at least `threshold`, else 0.
  void (*dropout)(uint64_t seed, uint64_t stream, uint64_t first, size_t count, uint32_t threshold, float scale,
                  const float *x, float *out);
  // Updates of a parameter p and its state by the gradient g, in place; nothing overlaps.
  void (*update_adam)(const at_adam_step *step, size_t count, const float *g, float *p, float *m, float *v);
  void (*update_momentum)(const at_momentum_step *step, size_t count, const float *g, float *p, float *u);
  void (*update_descent)(float rate, float penalty, size_t count, const float *g, float *p);
  void (*update_lion)(const at_lion_step *step, size_t count, const float *g, float *p, float *m);

  // Index of the first maximum; NaN never wins. count > 0. Returns SIZE_MAX when every value is NaN.
  size_t (*argmax)(size_t count, const float *x);
  // How many values are not finite.
  size_t (*count_not_finite)(size_t count, const float *x);
  // Writes the indices of values strictly above `threshold`, ascending, at most `limit`; returns how many there are in all.
  size_t (*select_above)(size_t count, const float *x, float threshold, uint32_t *indices, size_t limit);
} at_row_kernels;

extern const at_row_kernels at_rows_portable;
#if defined(__x86_64__)
extern const at_row_kernels at_rows_avx2, at_rows_avx512;
#elif defined(__aarch64__)
extern const at_row_kernels at_rows_neon;
#endif

// The k largest of x (k ≤ count), largest first, ties by lower index; by selection, O(count + k log k). NaN counts as −∞.
// indices has room for k. Returns the number written.
size_t at_top_k(const at_row_kernels *kernels, size_t count, const float *x, size_t k, uint32_t *indices);

// Elementwise work of the other dtypes and every strided copy is plain C, the same at all levels.
// Copies a strided array of up to 8 dimensions (element sizes 1, 2, 4, 8) to contiguous memory; strides in elements, may be 0 or negative.
void at_copy_strided(size_t element_size, int rank, const size_t *shape, const ptrdiff_t *strides, const void *from, void *to);

#ifdef __cplusplus
}
#endif
