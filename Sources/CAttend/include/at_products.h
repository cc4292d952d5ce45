// Products of activations with a weight matrix that was packed once: C[m, n] = A[m, k] · W[n, k]ᵀ.
//
// An element's arithmetic (activation type, order of the sum over k) is fixed by form, level and phase, never by
// how many rows, columns or threads share the call: row i of M rows is bitwise the row alone.
#pragma once
#include "at_rows.h"

#ifdef __cplusplus
extern "C" {
#endif

struct at_kernels;

// How the source bytes of a weight row are encoded.
typedef enum at_source {
  AT_SOURCE_F32 = 0, AT_SOURCE_BF16 = 1, AT_SOURCE_F16 = 2,
  AT_SOURCE_Q4_0 = 3, AT_SOURCE_Q4_1 = 4, AT_SOURCE_Q8_0 = 5,
  AT_SOURCE_Q5_0 = 6, AT_SOURCE_Q5_1 = 7, AT_SOURCE_IQ4_NL = 8, AT_SOURCE_MXFP4 = 9,
  // Super-blocks of 256.
  AT_SOURCE_Q2_K = 10, AT_SOURCE_Q3_K = 11, AT_SOURCE_Q4_K = 12, AT_SOURCE_Q5_K = 13, AT_SOURCE_Q6_K = 14,
  AT_SOURCE_Q8_K = 15, AT_SOURCE_IQ4_XS = 16,
  AT_SOURCE_COUNT
} at_source;

// How a packed matrix is kept.
typedef enum at_form {
  AT_FORM_F32 = 0,   // float32 products
  AT_FORM_BF16 = 1,  // bfloat16 weights, float32 sums; activations bfloat16 where the level multiplies bfloat16, else float32
  // Blocks of 32 kept quantized. Decode: activations 8-bit per block of 32. Prompts keep the activations' precision:
  // bfloat16 where the level has tiles for it, 16-bit per block at AVX2 and AVX-512 (but for forms whose halves of a
  // block have scales of their own: Q2_K, Q3_K, Q6_K), else float32.
  AT_FORM_Q4_0 = 2, AT_FORM_Q4_1 = 3, AT_FORM_Q8_0 = 4, AT_FORM_Q5_0 = 5, AT_FORM_Q5_1 = 6,
  // Super-blocks of 256 whose blocks of 32 (Q2_K, Q3_K, Q6_K: of 16; Q8_K: all alike) have integer scales.
  AT_FORM_Q4_K = 7, AT_FORM_Q5_K = 8, AT_FORM_Q6_K = 9, AT_FORM_Q2_K = 10, AT_FORM_Q3_K = 11, AT_FORM_Q8_K = 12,
  // 4 bits that name a value of a codebook.
  AT_FORM_IQ4_NL = 13, AT_FORM_IQ4_XS = 14, AT_FORM_MXFP4 = 15,
  AT_FORM_COUNT
} at_form;

// Elements and bytes of one block of a source encoding (1 element for the dense ones).
size_t at_source_block(at_source source);
size_t at_source_block_bytes(at_source source);
// Bytes of a row of k elements; 0 when k is not a multiple of the block.
size_t at_source_row_bytes(at_source source, size_t k);
// One row to float32: the single unpack of each format (block dequantization is part of the specification).
void at_source_to_f32(at_source source, size_t k, const void *row, float *out);

// Which forms a source may be kept in: any source → F32, BF16; a quantized source → its own form, exactly; a dense
// source → Q8_0, rounded while packing.
bool at_form_accepts(at_form form, at_source source);

// Prompt: many rows of one pass; decode: one new token per sequence. The two may use different arithmetic; in each, a
// row is independent of its neighbours. Prompts may ask for decode's arithmetic: with quantized forms, 8-bit activations
// for any number of rows.
typedef enum at_phase { AT_PROMPT = 0, AT_DECODE = 1 } at_phase;

typedef struct at_packed {
  const struct at_kernels *kernels;  // the level it was packed for
  at_form form;
  bool gated;   // panels of gate and up rows alternate; the product writes act(gate) · up
  size_t n, k;  // output columns (of a gated matrix: n gate rows and n up rows), inner dimension
  size_t bytes;
  void *data;   // from at_alloc(bytes)
} at_packed;

// Bytes that `data` needs. 0 when sizes overflow or the form cannot hold k (quantized forms need whole blocks or super-blocks).
size_t at_packed_bytes(const struct at_kernels *kernels, at_form form, bool gated, size_t n, size_t k);
// Packs n rows (gated: 2n, gate rows first, then up rows), each given by a pointer to its source bytes, in parallel.
// Row pointers make concatenation (Q, K, V), permutation (rotary layouts) and slicing free. NULL is a row of zeros.
// `packed->data` must hold at_packed_bytes(...).
void at_pack(at_packed *packed, at_source source, const void *const *rows);
// One row back to float32 (for embeddings and tests); gated: row < 2n in the order given to at_pack.
void at_unpack_row(const at_packed *packed, size_t row, float *out);

typedef struct at_epilogue {
  const float *bias;      // [n] (gated: [2n], gate first) or NULL
  bool has_activation;    // applied after the bias; a gated matrix applies it to the gate half
  at_unary activation;
  const float *residual;  // added last; [m, n] with row stride residual_stride, or NULL; may equal out
  size_t residual_stride;
} at_epilogue;

// out[m, n] = epilogue(a[m, k] · Wᵀ). Threads itself over columns (few rows) or both. Strides in floats.
// m, n or k may be 0.
void at_product(const at_packed *w, size_t m, const float *a, size_t a_stride, float *out, size_t out_stride,
                const at_epilogue *epilogue /* NULL: none */, at_phase phase);

// C[m,n] (+)= A[m,k] · B[k,n] in float32 with any strides (row stride, column stride), for activations and training.
// Packs B on the fly; same independence of rows. `accumulate` adds to C.
void at_matmul_f32(const struct at_kernels *kernels, size_t m, size_t n, size_t k, const float *a, ptrdiff_t a_row,
                   ptrdiff_t a_column, const float *b, ptrdiff_t b_row, ptrdiff_t b_column, float *c, ptrdiff_t c_row,
                   bool accumulate);

// The range kernels of one level (panels are groups of columns); internal to products, public for tests and benchmarks.
typedef struct at_product_kernels at_product_kernels;

extern const at_product_kernels at_products_portable;
#if defined(__x86_64__)
extern const at_product_kernels at_products_avx2, at_products_avx512, at_products_amx;
#elif defined(__aarch64__)
extern const at_product_kernels at_products_neon;
#endif

#ifdef __cplusplus
}
#endif
