// Packing weights into panels, and reading rows back. Plain C for every level: the work is moving 4-byte pieces,
// and memory is the limit.
#include <math.h>
#include <string.h>
#include "blocks.h"

enum {
  PIECE = 256,          // elements of a row that are converted at a time
  MAX_DENSE_WIDTH = 32  // of all levels
};

static size_t panel_count(const at_packed *packed) {
  size_t width = at_panel_width(packed->kernels->products, packed->form);
  return (packed->n + width - 1) / width * (packed->gated ? 2 : 1);
}

size_t at_packed_bytes(const struct at_kernels *kernels, at_form form, bool gated, size_t n, size_t k) {
  const at_product_kernels *level = kernels->products;
  bool quantized = form >= AT_FORM_Q4_0;
  if (form >= AT_FORM_COUNT || (quantized && k % at_unit_elements(at_layout_of(form)) != 0)) return 0;
  size_t width = at_panel_width(level, form), columns, elements, bytes;
  // Every element takes at most 4 bytes, counting the padding of columns and of k.
  if (__builtin_add_overflow(n, width - 1, &columns) || __builtin_add_overflow(k, (size_t)64, &elements) ||
      __builtin_mul_overflow(columns, elements, &bytes) || __builtin_mul_overflow(bytes, (size_t)8, &bytes))
    return 0;
  // At least one byte, so that 0 means failure only.
  bytes = columns / width * (gated ? 2 : 1) * at_panel_bytes(level, form, k);
  return bytes > 0 ? bytes : 1;
}

// ---- one panel -----------------------------------------------------------------------------------

// rows: `width` pointers to source rows, NULL for a row of zeros.
static void pack_dense(const at_product_kernels *level, at_form form, at_source source, size_t k,
                       const uint8_t *const *rows, uint8_t *panel) {
  size_t width = level->dense_width, block = at_source_block(source), block_bytes = at_source_block_bytes(source);
  float *converted = at_scratch(0, MAX_DENSE_WIDTH * PIECE * sizeof(float));
  memset(converted, 0, MAX_DENSE_WIDTH * PIECE * sizeof(float));
  size_t padded = form == AT_FORM_BF16 ? at_round_up(k, level->bf16_unit) : k;
  for (size_t begin = 0; begin < padded; begin += PIECE) {
    size_t count = padded - begin < PIECE ? padded - begin : PIECE;
    size_t present = begin >= k ? 0 : k - begin < count ? k - begin : count;
    for (size_t c = 0; c < width; c++) {
      float *column = converted + c * PIECE;
      if (rows[c]) at_source_to_f32(source, present, rows[c] + begin / block * block_bytes, column);
      for (size_t i = present; i < count; i++) column[i] = 0;
    }
    if (form == AT_FORM_F32) {
      float *out = (float *)panel + begin * width;
      for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < width; c++) out[i * width + c] = converted[c * PIECE + i];
    } else {
      uint16_t *out = (uint16_t *)panel + begin * width;
      for (size_t i = 0; i < count; i += 2)
        for (size_t c = 0; c < width; c++) {
          out[i * width + 2 * c] = at_f32_to_bf16(converted[c * PIECE + i]);
          out[i * width + 2 * c + 1] = at_f32_to_bf16(converted[c * PIECE + i + 1]);
        }
    }
  }
}

// bfloat16 rows need no conversion: pairs are moved whole.
static void pack_pairs(const at_product_kernels *level, size_t k, const uint8_t *const *rows, uint8_t *panel) {
  static const uint8_t zero[4];
  size_t width = level->dense_width, pairs = k / 2;
  const uint8_t *from[MAX_DENSE_WIDTH];
  size_t step[MAX_DENSE_WIDTH];  // 0 for a row of zeros
  for (size_t c = 0; c < width; c++) from[c] = rows[c] ? rows[c] : zero, step[c] = rows[c] ? 4 : 0;
  for (size_t i = 0; i < pairs; i++)
    for (size_t c = 0; c < width; c++, panel += 4) memcpy(panel, from[c] + i * step[c], 4);
  memset(panel, 0, (at_round_up(k, level->bf16_unit) - 2 * pairs) * width * sizeof(uint16_t));
  if (k % 2 != 0)
    for (size_t c = 0; c < width; c++) memcpy(panel + 4 * c, from[c] + pairs * step[c], 2);
}

// A dense row to Q8_0 blocks: q = round(x / d), with d = max|x| / 127 in float16, rounded up so that no q exceeds 127. A
// block with a NaN or an infinity gets d = NaN, so that products show it.
static void quantize_row(at_source source, size_t k, const uint8_t *row, uint8_t *out) {
  size_t element = at_source_block_bytes(source);
  for (size_t i = 0; i < k; i += AT_QUANT_BLOCK, out += 34) {
    float x[AT_QUANT_BLOCK], most = 0;
    bool finite = true;
    at_source_to_f32(source, AT_QUANT_BLOCK, row + i * element, x);
    for (int j = 0; j < AT_QUANT_BLOCK; j++) {
      finite = finite && isfinite(x[j]);
      if (fabsf(x[j]) > most) most = fabsf(x[j]);
    }
    uint16_t scale = finite ? at_f32_to_f16(most / 127.0f < 65504.0f ? most / 127.0f : 65504.0f) : 0x7e00;
    if (finite && scale < 0x7bff && at_f16_to_f32(scale) * 127.0f < most) scale++;
    float d = at_f16_to_f32(scale);
    memcpy(out, &scale, sizeof scale);
    for (int j = 0; j < AT_QUANT_BLOCK; j++) {
      float q = finite && d > 0 ? rintf(x[j] / d) : 0;
      out[2 + j] = (uint8_t)(int8_t)(q > 127 ? 127 : q < -127 ? -127 : q);
    }
  }
}

// Formats whose blocks are the form's own: their dwords are moved whole.
static void pack_same_blocks(const at_product_kernels *level, at_form form, size_t k, const uint8_t *const *rows,
                             uint8_t *panel) {
  static const uint8_t zeros[AT_QUANT_BLOCK + 2];
  const at_layout layout = at_layout_of(form);
  size_t width = level->quantized_width, column_bytes = at_unit_bytes(layout);
  uint32_t flip = form == AT_FORM_Q8_0 ? level->q8_flip * 0x01010101u : 0;
  for (size_t b = 0; b < k / AT_QUANT_BLOCK; b++) {
    uint8_t *block = panel + b * column_bytes * width, *factors = block + 2 * layout.halves * width;
    uint8_t *values = factors + layout.factors * width;
    for (size_t c = 0; c < width; c++) {
      const uint8_t *from = rows[c] ? rows[c] + b * column_bytes : zeros;
      for (size_t s = 0; s < layout.halves; s++) memcpy(block + 2 * (s * width + c), from + 2 * s, 2);
      from += 2 * layout.halves;
      for (size_t f = 0; f < layout.factors; f++) factors[f * width + c] = *from++;
      for (size_t p = 0; p < layout.words; p++) {
        uint32_t word;
        memcpy(&word, from + 4 * p, sizeof word);
        word ^= flip;
        memcpy(values + 4 * (p * width + c), &word, sizeof word);
      }
    }
  }
}

// Blocks of 32 whose bits lie in the file as they are kept.
static bool is_moved_whole(at_form form) {
  const at_layout layout = at_layout_of(form);
  return layout.blocks == 1 && layout.singles == 0;
}

static void pack_blocks(const at_product_kernels *level, at_form form, at_source source, size_t k,
                        const uint8_t *const *rows, uint8_t *panel) {
  const at_layout layout = at_layout_of(form);
  const size_t width = level->quantized_width, unit_bytes = at_unit_bytes(layout) * width;
  const size_t source_unit = at_source_block(source), source_bytes = at_source_block_bytes(source);
  const uint8_t flip = layout.words == 8 ? level->q8_flip : 0;
  const at_block zeros = {0};
  for (size_t i = 0; i < k; i += AT_QUANT_BLOCK) {
    uint8_t *unit = panel + i / at_unit_elements(layout) * unit_bytes;
    for (size_t c = 0; c < width; c++) {
      at_block block = zeros;
      if (rows[c])
        at_read_block(source, rows[c] + i / source_unit * source_bytes, (int)(i % source_unit / AT_QUANT_BLOCK),
                      &block);
      at_keep_block(form, flip, width, c, (int)(i % at_unit_elements(layout) / AT_QUANT_BLOCK), &block, unit);
    }
  }
}

// Dense rows, rounded to Q8_0 on the way.
static void pack_rounded(const at_packed *packed, at_source source, const uint8_t *const *rows, uint8_t *panel) {
  const at_product_kernels *level = packed->kernels->products;
  size_t width = level->quantized_width, row_bytes = at_source_row_bytes(AT_SOURCE_Q8_0, packed->k);
  uint8_t *rounded = at_scratch(0, width * row_bytes);
  const uint8_t *blocks[MAX_DENSE_WIDTH];
  for (size_t c = 0; c < width; c++) {
    blocks[c] = rows[c] ? rounded + c * row_bytes : NULL;
    if (rows[c]) quantize_row(source, packed->k, rows[c], rounded + c * row_bytes);
  }
  pack_same_blocks(level, packed->form, packed->k, blocks, panel);
}

// ---- the whole matrix ----------------------------------------------------------------------------

typedef struct pack_job {
  at_packed *packed;
  at_source source;
  const void *const *rows;
} pack_job;

static void pack_panels(void *context, size_t begin, size_t end) {
  const pack_job *job = context;
  const at_packed *packed = job->packed;
  const at_product_kernels *level = packed->kernels->products;
  size_t width = at_panel_width(level, packed->form), bytes = at_panel_bytes(level, packed->form, packed->k);
  const uint8_t *rows[MAX_DENSE_WIDTH];
  for (size_t p = begin; p < end; p++) {
    size_t first = (packed->gated ? p / 2 : p) * width, base = packed->gated && p % 2 ? packed->n : 0;
    for (size_t c = 0; c < width; c++) rows[c] = first + c < packed->n ? job->rows[base + first + c] : NULL;
    uint8_t *panel = (uint8_t *)packed->data + p * bytes;
    if (packed->form >= AT_FORM_Q4_0 && at_source_block(job->source) == 1)
      pack_rounded(packed, job->source, rows, panel);
    else if (packed->form >= AT_FORM_Q4_0 && is_moved_whole(packed->form))
      pack_same_blocks(level, packed->form, packed->k, rows, panel);
    else if (packed->form >= AT_FORM_Q4_0)
      pack_blocks(level, packed->form, job->source, packed->k, rows, panel);
    else if (packed->form == AT_FORM_BF16 && job->source == AT_SOURCE_BF16)
      pack_pairs(level, packed->k, rows, panel);
    else
      pack_dense(level, packed->form, job->source, packed->k, rows, panel);
  }
}

void at_pack(at_packed *packed, at_source source, const void *const *rows) {
  if (!at_form_accepts(packed->form, source) || packed->k % at_source_block(source) != 0) return;
  pack_job job = {packed, source, rows};
  size_t bytes = at_panel_bytes(packed->kernels->products, packed->form, packed->k);
  at_parallel_for(panel_count(packed), 1 + 65536 / (bytes + 1), pack_panels, &job);
}

void at_unpack_row(const at_packed *packed, size_t row, float *out) {
  const at_product_kernels *level = packed->kernels->products;
  size_t width = at_panel_width(level, packed->form), k = packed->k;
  size_t column = row < packed->n ? row : row - packed->n;
  size_t p = packed->gated ? column / width * 2 + (row >= packed->n) : column / width;
  const uint8_t *panel = (const uint8_t *)packed->data + p * at_panel_bytes(level, packed->form, k);
  column %= width;
  if (packed->form == AT_FORM_F32) {
    for (size_t i = 0; i < k; i++) out[i] = ((const float *)panel)[i * width + column];
    return;
  }
  if (packed->form == AT_FORM_BF16) {
    const uint16_t *halves = (const uint16_t *)panel + 2 * column;
    for (size_t i = 0; i < k; i++) out[i] = at_bf16_to_f32(halves[i / 2 * 2 * width + i % 2]);
    return;
  }
  const at_layout layout = at_layout_of(packed->form);
  uint8_t flip = layout.words == 8 ? level->q8_flip : 0;
  for (size_t i = 0; i < k; i += AT_QUANT_BLOCK) {
    at_block block;
    at_kept_block(packed->form, flip, width, column, (int)(i % at_unit_elements(layout) / AT_QUANT_BLOCK),
                  panel + i / at_unit_elements(layout) * at_unit_bytes(layout) * width, &block);
    at_block_to_f32(&block, out + i);
  }
}
