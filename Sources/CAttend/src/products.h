// Internal to products: how packed matrices are laid out, and what a level implements.
//
// A panel is a group of `width` consecutive columns of the product (rows of the source), stored one after another:
//   F32         [k][width] float
//   BF16        [k/2][width][2] bfloat16: pairs along k, as vdpbf16ps and the AMX tiles read them; k padded with zeros
//   quantized   per unit of 32 or (super-blocks) 256 along k: [width] d, [width] m (where there are minima) in float16,
//               of Q8_K [width] d in float32; then its blocks of 32: [width] bytes of factors and [width] more
//               (super-blocks: of scale and minimum, or of the scales of both halves; MXFP4: exponents), then dwords:
//               single bits, pairs of bits, and 4-bit [4][width] (dword p: low nibbles elements 4p…4p+3, high nibbles
//               16+4p…) or 8-bit [8][width]. Single bits are the highest of an element, pairs lie above the nibbles:
//               bit j of each byte of [width] singles belongs to elements 4j…4j+3; of [2][width] pairs, two bits from
//               2j on, one dword for each half.
// With width 1 this is row-major: the portable level.
// The panels of a gated matrix alternate: gate columns [0, width), up columns [0, width), gate [width, 2·width)…
#pragma once
#include "CAttend.h"
#include "half.h"

enum { AT_QUANT_BLOCK = 32 };

// A rectangle of a product: rows [row_begin, row_end) × `panel_count` panels.
typedef struct at_product_range {
  at_form form;
  at_phase phase;
  size_t k;
  const uint8_t *panels;  // the first one has an even number
  size_t panel_bytes, panel_count;
  const void *activations;     // what `prepare` made, or the float rows themselves
  ptrdiff_t activation_stride;  // floats between float rows
  size_t rows;                 // rows of the whole product (prepared activations are grouped)
  size_t row_begin, row_end;
  // Row row_begin of panel 2i goes to even + i·pair_step, of panel 2i + 1 to odd + i·pair_step. Whole panels are
  // written.
  float *even, *odd;
  size_t pair_step, out_stride;
  bool accumulate;  // float32 only: continue the sums that are there
} at_product_range;

struct at_product_kernels {
  uint8_t dense_width, quantized_width;  // columns of a panel
  uint8_t bf16_unit;                     // k of a BF16 panel is padded to a multiple of this
  uint32_t resident_bytes;               // activations that a block of rows may have: half of a level-2 cache
  uint8_t q8_flip;                       // XORed into the bytes of Q8_0: 0x80 where the level multiplies unsigned bytes
  size_t (*row_unit)(at_form form, at_phase phase);  // row ranges begin at multiples of it
  // Bytes that prepared activations of m rows need; 0 when the form reads the float rows.
  size_t (*prepared_bytes)(at_form form, at_phase phase, size_t m, size_t k);
  void (*prepare)(at_form form, at_phase phase, size_t m, size_t k, const float *a, size_t a_stride, size_t row_begin,
                  size_t row_end, void *prepared);
  void (*multiply)(const at_product_range *range);
};

// Decode with quantized weights runs on 8-bit activations; prompts keep the activations' precision.
static inline bool at_on_integers(at_form form, at_phase phase) { return form >= AT_FORM_Q4_0 && phase == AT_DECODE; }

static inline size_t at_round_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

static inline size_t at_panel_width(const at_product_kernels *level, at_form form) {
  return form <= AT_FORM_BF16 ? level->dense_width : level->quantized_width;
}

// What a unit of a quantized panel consists of, for each column.
typedef struct at_layout {
  uint8_t blocks;   // of 32
  uint8_t halves;   // float16 numbers before them, or two for one float32
  uint8_t factors;  // bytes of a block
  uint8_t singles, pairs, words;  // dwords of a block
} at_layout;

static inline at_layout at_layout_of(at_form form) {
  switch (form) {
    case AT_FORM_Q4_1: return (at_layout){1, 2, 0, 0, 0, 4};
    case AT_FORM_Q8_0: return (at_layout){1, 1, 0, 0, 0, 8};
    case AT_FORM_Q5_0: return (at_layout){1, 1, 0, 1, 0, 4};
    case AT_FORM_Q5_1: return (at_layout){1, 2, 0, 1, 0, 4};
    case AT_FORM_Q4_K: return (at_layout){8, 2, 2, 0, 0, 4};
    case AT_FORM_Q5_K: return (at_layout){8, 2, 2, 1, 0, 4};
    case AT_FORM_Q6_K: return (at_layout){8, 1, 2, 0, 2, 4};
    case AT_FORM_Q2_K: return (at_layout){8, 2, 2, 0, 2, 0};
    case AT_FORM_Q3_K: return (at_layout){8, 1, 2, 1, 2, 0};
    case AT_FORM_Q8_K: return (at_layout){8, 2, 0, 0, 0, 8};
    case AT_FORM_IQ4_XS: return (at_layout){8, 1, 1, 0, 0, 4};
    case AT_FORM_MXFP4: return (at_layout){1, 0, 1, 0, 0, 4};
    default: return (at_layout){1, 1, 0, 0, 0, 4};
  }
}

// Bytes of one column's block, and of its unit.
static inline size_t at_block_bytes(at_layout layout) {
  return layout.factors + 4u * (layout.singles + layout.pairs + layout.words);
}
static inline size_t at_unit_bytes(at_layout layout) {
  return 2u * layout.halves + layout.blocks * at_block_bytes(layout);
}
static inline size_t at_unit_elements(at_layout layout) { return (size_t)layout.blocks * AT_QUANT_BLOCK; }

// Whether the blocks of a form have minima, one each (Q2_K has two).
static inline bool at_has_minima(at_form form) {
  return form == AT_FORM_Q4_1 || form == AT_FORM_Q5_1 || form == AT_FORM_Q4_K || form == AT_FORM_Q5_K;
}
// Whether the halves of a block have factors of their own.
static inline bool at_has_half_factors(at_form form) {
  return form == AT_FORM_Q2_K || form == AT_FORM_Q3_K || form == AT_FORM_Q6_K;
}
static inline bool at_has_codebook(at_form form) { return form >= AT_FORM_IQ4_NL; }
// Whether weights are bytes with a sign; flipped where the level multiplies unsigned bytes (q8_flip).
static inline bool at_has_signed_bytes(at_form form) {
  return form == AT_FORM_Q8_0 || form == AT_FORM_Q8_K || at_has_codebook(form);
}
// What the others are too large by.
static inline int at_zero_of(at_form form) {
  return form == AT_FORM_Q4_0 ? 8 : form == AT_FORM_Q5_0 ? 16 : form == AT_FORM_Q6_K ? 32 : form == AT_FORM_Q3_K ? 4 : 0;
}

// The codebooks define their formats (ggml-common.h; E2M1 doubled: OCP Microscaling Formats 1.0, 5.3.3).
static const int8_t at_iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
static const int8_t at_e2m1_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
static inline const int8_t *at_codebook_of(at_form form) {
  return form == AT_FORM_MXFP4 ? at_e2m1_values : at_iq4_values;
}

// Bytes of one panel; k is known to be small enough (at_packed_bytes).
static inline size_t at_panel_bytes(const at_product_kernels *level, at_form form, size_t k) {
  size_t width = at_panel_width(level, form);
  switch (form) {
    case AT_FORM_F32: return k * width * sizeof(float);
    case AT_FORM_BF16: return at_round_up(k, level->bf16_unit) * width * sizeof(uint16_t);
    default: return k / at_unit_elements(at_layout_of(form)) * at_unit_bytes(at_layout_of(form)) * width;
  }
}

// Quantized activations, the same at every level: groups of up to AT_ROW_GROUP rows; in a group, per block of 32:
// [rows][32] int8, [rows] float scale, [rows] correction of 4 bytes (see at_correction). 40 bytes a row and block.
enum { AT_ROW_GROUP = 4, AT_ACTIVATION_BYTES = AT_QUANT_BLOCK + 8 };

static inline size_t at_quantized_activation_bytes(size_t m, size_t k) {
  return m * (k / AT_QUANT_BLOCK) * AT_ACTIVATION_BYTES;
}

// Where group `row / AT_ROW_GROUP` begins, and how many rows it has.
static inline size_t at_group_offset(size_t row, size_t k) {
  return row / AT_ROW_GROUP * AT_ROW_GROUP * (k / AT_QUANT_BLOCK) * AT_ACTIVATION_BYTES;
}
static inline size_t at_group_rows(size_t row, size_t m) {
  size_t left = m - row / AT_ROW_GROUP * AT_ROW_GROUP;
  return left < AT_ROW_GROUP ? left : AT_ROW_GROUP;
}

// What a block's sum of products is corrected by. With x = s·a (a int8) and w = d·q + m, the block adds
// d·s·(Σ q·a) + m·s·(Σ a). Q4_0, Q5_0 and flipped bytes keep q − bias unsigned: Σ (q − bias)·a = Σ q·a − bias·Σ a,
// exact in integers. Returns the four bytes: an integer bias·Σ a, or for forms with minima the float s·Σ a.
static inline uint32_t at_correction(at_form form, int32_t q8_bias, int32_t sum, float scale) {
  int32_t bias = form == AT_FORM_Q4_0 ? 8 : form == AT_FORM_Q5_0 ? 16 : q8_bias;
  if (!at_has_minima(form)) return (uint32_t)(bias * sum);
  float product = scale * (float)sum;
  uint32_t bits;
  __builtin_memcpy(&bits, &product, sizeof bits);
  return bits;
}

#if defined(__x86_64__)
// BF16 products of the AVX-512 level on processors with AVX512_BF16.
size_t at_bf16_prepared_bytes(size_t m, size_t k);
void at_bf16_prepare(size_t k, const float *a, size_t a_stride, size_t row_begin, size_t row_end, void *prepared);
void at_bf16_multiply(const at_product_range *range);
#endif
