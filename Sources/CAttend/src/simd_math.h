// The functions of `at_unary` on vectors. Errors are against the true value, in units in the last place (ulp).
//
// Polynomials are minimax fits by weighted least squares. A lane's result depends on that lane alone.
// Include after simd.h.
#pragma once
#include "at_rows.h"

AT_INLINE vf vf_each(float (*function)(float), vf x) {
  float lanes[AT_LANES];
  vf_store(lanes, x);
  for (int i = 0; i < AT_LANES; i++) lanes[i] = function(lanes[i]);
  return vf_load(lanes);
}

// e^x within 1 ulp; subnormal results are exact to their last bit or so, overflow gives ∞, NaN stays NaN.
// x = n·ln 2 + r, |r| ≤ ln 2/2. Constants stand first in vf_min and vf_max: those return the second argument for NaN.
AT_INLINE vf vf_exp(vf x) {
  const float shift = 0x1.8p23f;  // adding it rounds to an integer, which is then in the low bits
  x = vf_min(vf_splat(88.8f), vf_max(vf_splat(-104.0f), x));
  vf shifted = vf_fma(x, vf_splat(0x1.715476p0f), vf_splat(shift));
  vf n = shifted - shift;
  vf r = vf_fma(n, vf_splat(-0x1.62e43p-1f), x);
  r = vf_fma(n, vf_splat(0x1.05c61p-29f), r);
  vf p = vf_splat(0.001381461f);
  p = vf_fma(p, r, vf_splat(0.00836871f));
  p = vf_fma(p, r, vf_splat(0.04166839f));
  p = vf_fma(p, r, vf_splat(0.16666521f));
  p = vf_fma(p, r, vf_splat(0.49999994f));
  p = vf_fma(r * r, p, r) + 1.0f;
  // 2^n in two factors: n reaches from −150 to 128.
  vi whole = (vi)((vu)shifted - 0x4b400000u), half = whole >> 1;
  return p * (vf)((half + 127) << 23) * (vf)((whole - half + 127) << 23);
}

// ln x within 1 ulp; 0 gives −∞, negative numbers NaN.
AT_INLINE vf vf_log(vf x) {
  vi tiny = x < 0x1p-126f;
  vf y = vf_select(tiny, x * 0x1p23f, x);
  // y = 2^e · (1 + f), 1 + f from √½ to √2.
  vi e = ((vi)y - 0x3f3504f3) >> 23;
  vf f = (vf)((vu)y - ((vu)e << 23)) - 1.0f;
  vf exponent = vf_from_i32(e) - (vf)((vi)vf_splat(23.0f) & tiny);
  vf p = vf_splat(0.06746601f);
  p = vf_fma(p, f, vf_splat(-0.11675641f));
  p = vf_fma(p, f, vf_splat(0.11888175f));
  p = vf_fma(p, f, vf_splat(-0.124055915f));
  p = vf_fma(p, f, vf_splat(0.14219551f));
  p = vf_fma(p, f, vf_splat(-0.16667996f));
  p = vf_fma(p, f, vf_splat(0.20002119f));
  p = vf_fma(p, f, vf_splat(-0.2500001f));
  p = vf_fma(p, f, vf_splat(0.33333313f));
  vf square = f * f;
  vf low = vf_fma(exponent, vf_splat(-0x1.05c61p-29f), f * square * p);
  vf result = vf_fma(exponent, vf_splat(0x1.62e43p-1f), vf_fma(square, vf_splat(-0.5f), low) + f);
  result = vf_select(x == INFINITY, x, result);
  result = vf_select(x == 0.0f, vf_splat(-INFINITY), result);
  return vf_select((x < 0.0f) | (x != x), vf_splat(NAN), result);
}

// 1/(1 + e^−x), from e^−|x| so that nothing overflows; about 2 ulp.
AT_INLINE vf vf_sigmoid(vf x) {
  vf z = vf_exp(-vf_abs(x));
  return vf_select(x < 0.0f, z, vf_splat(1.0f)) / (1.0f + z);
}

AT_INLINE vf vf_tanh(vf x) {
  vf a = vf_abs(x), square = x * x;
  vf p = vf_splat(-0.0057049785f);
  p = vf_fma(p, square, vf_splat(0.020639079f));
  p = vf_fma(p, square, vf_splat(-0.05373971f));
  p = vf_fma(p, square, vf_splat(0.13331442f));
  p = vf_fma(p, square, vf_splat(-0.3333328f));
  vf near = vf_fma(p * square, x, x);
  vf far = 1.0f - 2.0f / (vf_exp(a + a) + 1.0f);
  far = (vf)((vi)far | ((vi)x & INT32_MIN));
  return vf_select(a < 0.625f, near, far);
}

// Φ(−a) = ½ erfc(a/√2) for a ≥ 0, with a small relative error over the whole tail (3·10⁻⁷ before the rounding of a²):
// e^(−a²/2) times a polynomial in 1/(1 + 0.35a).
AT_INLINE vf vf_normal_tail(vf a) {
  vf t = 1.0f / vf_fma(vf_splat(0.35f), a, vf_splat(1.0f));
  vf p = vf_splat(-0x1.ddd266p-6f);
  p = vf_fma(p, t, vf_splat(0x1.27095ep-3f));
  p = vf_fma(p, t, vf_splat(-0x1.060b28p-2f));
  p = vf_fma(p, t, vf_splat(0x1.466fd4p-3f));
  p = vf_fma(p, t, vf_splat(-0x1.7d27dp-6f));
  p = vf_fma(p, t, vf_splat(0x1.b06f3ap-4f));
  p = vf_fma(p, t, vf_splat(0x1.eac3a6p-4f));
  p = vf_fma(p, t, vf_splat(0x1.1e7132p-3f));
  p = vf_fma(p, t, vf_splat(0x1.1df1cp-3f));
  return vf_exp(a * a * -0.5f) * (p * t);
}

AT_INLINE vf vf_erf(vf x) {
  vf a = vf_abs(x), square = x * x;
  vf p = vf_splat(7.853858e-05f);
  p = vf_fma(p, square, vf_splat(-0.00080101925f));
  p = vf_fma(p, square, vf_splat(0.0051883277f));
  p = vf_fma(p, square, vf_splat(-0.026853811f));
  p = vf_fma(p, square, vf_splat(0.112835854f));
  p = vf_fma(p, square, vf_splat(-0.37612626f));
  p = vf_fma(p, square, vf_splat(1.1283791f));
  vf far = vf_fma(vf_normal_tail(a * 1.41421356f), vf_splat(-2.0f), vf_splat(1.0f));
  far = (vf)((vi)far | ((vi)x & INT32_MIN));
  return vf_select(a < 1.0f, x * p, far);
}

// In the activations, x is raised to where the result is already −0, so that −∞ gives that limit and not NaN.

AT_INLINE vf vf_silu(vf x) {
  x = vf_max(vf_splat(-120.0f), x);
  return x * vf_sigmoid(x);
}

AT_INLINE vf vf_gelu_erf(vf x) {
  x = vf_max(vf_splat(-16.0f), x);
  vf tail = vf_normal_tail(vf_abs(x));
  return x * vf_select(x < 0.0f, tail, 1.0f - tail);
}

// ½(1 + tanh u) = σ(2u).
AT_INLINE vf vf_gelu_tanh(vf x) {
  x = vf_max(vf_splat(-16.0f), x);
  return x * vf_sigmoid(x * vf_fma(x * x, vf_splat(0.07135481627f), vf_splat(1.595769122f)));
}

AT_INLINE vf vf_unary(at_unary op, vf x) {
  switch (op) {
    case AT_NEGATE: return -x;
    case AT_ABS: return vf_abs(x);
    case AT_EXP: return vf_exp(x);
    case AT_LOG: return vf_log(x);
    case AT_SQRT: return vf_sqrt(x);
    case AT_RSQRT: return 1.0f / vf_sqrt(x);
    case AT_RECIPROCAL: return 1.0f / x;
    case AT_SQUARE: return x * x;
    case AT_SIN: return vf_each(sinf, x);  // rare, and large arguments need a long reduction
    case AT_COS: return vf_each(cosf, x);
    case AT_TANH: return vf_tanh(x);
    case AT_SIGMOID: return vf_sigmoid(x);
    case AT_ERF: return vf_erf(x);
    case AT_RELU: return vf_max(vf_zero(), x);
    case AT_SILU: return vf_silu(x);
    case AT_GELU_ERF: return vf_gelu_erf(x);
    case AT_GELU_TANH: return vf_gelu_tanh(x);
    case AT_UNARY_COUNT: break;
  }
  return vf_splat(NAN);
}
