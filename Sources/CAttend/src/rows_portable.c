// The row kernels in plain C: the specification that every other level is tested against, and the fallback.
#include "at_rows.h"

#include <math.h>
#include <string.h>

#include "half.h"

// ---- elementwise -----------------------------------------------------------------------------------

static float sigmoid(float x) {
  float z = expf(-fabsf(x));
  return (x < 0 ? z : 1.0f) / (1.0f + z);
}

// x·σ(x), with the limit 0 at −∞.
static float silu(float x) { return x == -INFINITY ? -0.0f : x * sigmoid(x); }

// x·Φ(x), by erfc so that the left tail keeps its digits; the limit 0 at −∞.
static float gelu_erf(float x) {
  return x == -INFINITY ? -0.0f : (float)(0.5 * x * erfc(-x * 0.70710678118654752440));
}

// ½(1 + tanh u) = σ(2u).
static float gelu_tanh(float x) {
  if (x == -INFINITY) return -0.0f;
  double u = 0.79788456080286535588 * (x + 0.044715 * (double)x * x * x);
  return (float)(x / (1.0 + exp(-2.0 * u)));
}

static float apply_unary(at_unary op, float x) {
  switch (op) {
    case AT_NEGATE: return -x;
    case AT_ABS: return fabsf(x);
    case AT_EXP: return expf(x);
    case AT_LOG: return logf(x);
    case AT_SQRT: return sqrtf(x);
    case AT_RSQRT: return 1.0f / sqrtf(x);
    case AT_RECIPROCAL: return 1.0f / x;
    case AT_SQUARE: return x * x;
    case AT_SIN: return sinf(x);
    case AT_COS: return cosf(x);
    case AT_TANH: return tanhf(x);
    case AT_SIGMOID: return sigmoid(x);
    case AT_ERF: return erff(x);
    case AT_RELU: return x < 0 ? 0.0f : x;
    case AT_SILU: return silu(x);
    case AT_GELU_ERF: return gelu_erf(x);
    case AT_GELU_TANH: return gelu_tanh(x);
    case AT_UNARY_COUNT: break;
  }
  return NAN;
}

static float apply_binary(at_binary op, float x, float y) {
  switch (op) {
    case AT_ADD: return x + y;
    case AT_SUBTRACT: return x - y;
    case AT_MULTIPLY: return x * y;
    case AT_DIVIDE: return x / y;
    case AT_MAXIMUM: return x != x || x > y ? x : y;  // NaN wins
    case AT_MINIMUM: return x != x || x < y ? x : y;
    case AT_POWER: return powf(x, y);
    case AT_BINARY_COUNT: break;
  }
  return NAN;
}

static void unary(at_unary op, size_t count, const float *x, float *out) {
  for (size_t i = 0; i < count; i++) out[i] = apply_unary(op, x[i]);
}

static void binary(at_binary op, size_t count, const float *x, const float *y, float *out) {
  for (size_t i = 0; i < count; i++) out[i] = apply_binary(op, x[i], y[i]);
}

static void binary_scalar(at_binary op, size_t count, const float *x, float y, float *out) {
  for (size_t i = 0; i < count; i++) out[i] = apply_binary(op, x[i], y);
}

static void scalar_binary(at_binary op, size_t count, float x, const float *y, float *out) {
  for (size_t i = 0; i < count; i++) out[i] = apply_binary(op, x, y[i]);
}

static void scale_add(size_t count, const float *x, float scale, const float *y, float *out) {
  for (size_t i = 0; i < count; i++) out[i] = x[i] * scale + y[i];
}

static void gated(at_unary activation, size_t count, const float *gate, const float *up, float *out) {
  for (size_t i = 0; i < count; i++) out[i] = apply_unary(activation, gate[i]) * up[i];
}

// ---- reductions ------------------------------------------------------------------------------------

static float reduce(at_reduction op, size_t count, const float *x) {
  double sum = 0;
  float extreme = op == AT_MAX ? -INFINITY : INFINITY;
  for (size_t i = 0; i < count; i++) {
    switch (op) {
      case AT_SUM: sum += x[i]; break;
      case AT_SUM_SQUARES: sum += (double)x[i] * x[i]; break;
      case AT_MAX: extreme = apply_binary(AT_MAXIMUM, extreme, x[i]); break;
      case AT_MIN: extreme = apply_binary(AT_MINIMUM, extreme, x[i]); break;
      case AT_REDUCTION_COUNT: return NAN;
    }
  }
  return op == AT_SUM || op == AT_SUM_SQUARES ? (float)sum : extreme;
}

static void softmax(size_t rows, size_t width, float scale, const float *x, size_t xs, float *out, size_t os) {
  for (; rows > 0; rows--, x += xs, out += os) {
    float largest = -INFINITY;
    for (size_t i = 0; i < width; i++) largest = apply_binary(AT_MAXIMUM, largest, x[i] * scale);
    if (largest == -INFINITY) {
      for (size_t i = 0; i < width; i++) out[i] = 0;
      continue;
    }
    double sum = 0;
    for (size_t i = 0; i < width; i++) sum += out[i] = expf(x[i] * scale - largest);
    for (size_t i = 0; i < width; i++) out[i] = (float)(out[i] / sum);
  }
}

static void log_softmax(size_t rows, size_t width, const float *x, size_t xs, float *out, size_t os) {
  for (; rows > 0; rows--, x += xs, out += os) {
    float largest = -INFINITY;
    for (size_t i = 0; i < width; i++) largest = apply_binary(AT_MAXIMUM, largest, x[i]);
    if (largest == -INFINITY) {
      for (size_t i = 0; i < width; i++) out[i] = -INFINITY;
      continue;
    }
    double sum = 0;
    for (size_t i = 0; i < width; i++) sum += exp((double)x[i] - largest);
    double log_sum = log(sum);
    for (size_t i = 0; i < width; i++) out[i] = (float)((double)x[i] - largest - log_sum);
  }
}

// ---- normalisation ---------------------------------------------------------------------------------

static void layer_norm(size_t rows, size_t width, float epsilon, const float *x, size_t xs, const float *weight,
                       const float *bias, float *out, size_t os) {
  for (; rows > 0; rows--, x += xs, out += os) {
    double mean = 0, variance = 0;
    for (size_t i = 0; i < width; i++) mean += x[i];
    mean /= (double)width;
    for (size_t i = 0; i < width; i++) variance += (x[i] - mean) * (x[i] - mean);
    double inverse = 1.0 / sqrt(variance / (double)width + epsilon);
    for (size_t i = 0; i < width; i++) {
      double normal = (x[i] - mean) * inverse;
      out[i] = (float)(normal * (weight ? weight[i] : 1.0f) + (bias ? bias[i] : 0.0f));
    }
  }
}

static void rms_norm(size_t rows, size_t width, float epsilon, float offset, const float *x, size_t xs,
                     const float *weight, float *out, size_t os) {
  for (; rows > 0; rows--, x += xs, out += os) {
    double squares = 0;
    for (size_t i = 0; i < width; i++) squares += (double)x[i] * x[i];
    double inverse = 1.0 / sqrt(squares / (double)width + epsilon);
    for (size_t i = 0; i < width; i++) out[i] = (float)(x[i] * inverse * (weight ? offset + weight[i] : 1.0f));
  }
}

static void add_rms_norm(size_t rows, size_t width, float epsilon, float offset, const float *x, const float *y,
                         const float *weight, float *sum, float *out) {
  for (size_t i = 0; i < rows * width; i++) sum[i] = x[i] + y[i];
  rms_norm(rows, width, epsilon, offset, sum, width, weight, out, width);
}

// ---- rotary positions ------------------------------------------------------------------------------

static void rotary(size_t heads, size_t head_width, size_t rotary, bool halves, const float *cosines,
                   const float *sines, const float *x, size_t head_stride, float *out, size_t out_head_stride) {
  size_t half = rotary / 2;
  for (; heads > 0; heads--, x += head_stride, out += out_head_stride) {
    for (size_t i = 0; i < half; i++) {
      size_t first = halves ? i : 2 * i, second = halves ? i + half : 2 * i + 1;
      float a = x[first], b = x[second];
      out[first] = a * cosines[i] - b * sines[i];
      out[second] = b * cosines[i] + a * sines[i];
    }
    if (x != out) memmove(out + 2 * half, x + 2 * half, (head_width - 2 * half) * sizeof(float));
  }
}

// ---- conversions -----------------------------------------------------------------------------------

static void to_f32(at_element from, size_t count, const void *x, float *out) {
  const uint16_t *half = x;
  switch (from) {
    case AT_F32: memmove(out, x, count * sizeof(float)); break;
    case AT_BF16:
      for (size_t i = 0; i < count; i++) out[i] = at_bf16_to_f32(half[i]);
      break;
    case AT_F16:
      for (size_t i = 0; i < count; i++) out[i] = at_f16_to_f32(half[i]);
      break;
  }
}

static void from_f32(at_element to, size_t count, const float *x, void *out) {
  uint16_t *half = out;
  switch (to) {
    case AT_F32: memmove(out, x, count * sizeof(float)); break;
    case AT_BF16:
      for (size_t i = 0; i < count; i++) half[i] = at_f32_to_bf16(x[i]);
      break;
    case AT_F16:
      for (size_t i = 0; i < count; i++) half[i] = at_f32_to_f16(x[i]);
      break;
  }
}

// ---- searches --------------------------------------------------------------------------------------

static size_t argmax(size_t count, const float *x) {
  size_t best = SIZE_MAX;
  for (size_t i = 0; i < count; i++)
    if (x[i] == x[i] && (best == SIZE_MAX || x[i] > x[best])) best = i;
  return best;
}

static size_t count_not_finite(size_t count, const float *x) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++) found += (at_bits_of(x[i]) & 0x7f800000) == 0x7f800000;
  return found;
}

static size_t select_above(size_t count, const float *x, float threshold, uint32_t *indices, size_t limit) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    if (!(x[i] > threshold)) continue;
    if (found < limit) indices[found] = (uint32_t)i;
    found++;
  }
  return found;
}

// ---- random bits and updates -----------------------------------------------------------------------

static void random_bits(uint64_t seed, uint64_t stream, uint64_t first, size_t count, uint32_t *out) {
  for (size_t i = 0; i < count; i++) {
    uint64_t block = (first + i) >> 2;
    uint32_t word[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
      uint64_t product0 = (uint64_t)word[0] * 0xD2511F53u, product1 = (uint64_t)word[2] * 0xCD9E8D57u;
      uint32_t next0 = (uint32_t)(product1 >> 32) ^ word[1] ^ key0, next2 = (uint32_t)(product0 >> 32) ^ word[3] ^ key1;
      word[0] = next0, word[1] = (uint32_t)product1, word[2] = next2, word[3] = (uint32_t)product0;
      key0 += 0x9E3779B9u, key1 += 0xBB67AE85u;
    }
    out[i] = word[(first + i) & 3];
  }
}

static void dropout(uint64_t seed, uint64_t stream, uint64_t first, size_t count, uint32_t threshold, float scale,
                    const float *x, float *out) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    random_bits(seed, stream, first + i, 1, &bits);
    out[i] = bits >= threshold ? x[i] * scale : 0.0f;
  }
}

#include "rows_update.inc"

const at_row_kernels at_rows_portable = {
    .unary = unary,
    .binary = binary,
    .binary_scalar = binary_scalar,
    .scalar_binary = scalar_binary,
    .scale_add = scale_add,
    .reduce = reduce,
    .softmax = softmax,
    .log_softmax = log_softmax,
    .layer_norm = layer_norm,
    .rms_norm = rms_norm,
    .add_rms_norm = add_rms_norm,
    .gated = gated,
    .rotary = rotary,
    .to_f32 = to_f32,
    .from_f32 = from_f32,
    .random_bits = random_bits,
    .dropout = dropout,
    .update_adam = update_adam,
    .update_momentum = update_momentum,
    .update_descent = update_descent,
    .update_lion = update_lion,
    .argmax = argmax,
    .count_not_finite = count_not_finite,
    .select_above = select_above,
};
