// C (+)= A·B in float32 for any strides: packs pieces of B (and of A where its rows are not contiguous) into scratch
// and multiplies them with the panel kernels.
#include <string.h>
#include "products.h"

enum {
  COLUMNS_SCRATCH = 3,  // of the calling thread: packed B and A
  ROWS_SCRATCH = 4,
  TAIL_SCRATCH = 5,     // of each thread: results of panels that reach past n
  DEPTH_STEP = 2048,    // k of a piece
  COLUMN_STEP = 1024,   // columns of a piece: at most 8 MiB are packed at a time
  ROW_STEP = 168,       // rows of a unit of work, a multiple of every level's rows
};

typedef struct matmul_job {
  const struct at_kernels *kernels;
  size_t m, n, k;  // of the piece
  const float *a, *b;
  ptrdiff_t a_row, a_column, b_row, b_column, c_row;
  float *c, *columns, *rows;
  size_t width, row_stride;  // row_stride: of packed rows
  bool accumulate;
} matmul_job;

static void pack_columns(void *context, size_t begin, size_t end) {
  const matmul_job *job = context;
  for (size_t p = begin; p < end; p++) {
    float *panel = job->columns + p * job->k * job->width;
    size_t first = p * job->width, count = job->n - first < job->width ? job->n - first : job->width;
    const float *from = job->b + (ptrdiff_t)first * job->b_column;
    for (size_t i = 0; i < job->k; i++, from += job->b_row, panel += job->width) {
      if (job->b_column == 1)
        memcpy(panel, from, count * sizeof(float));
      else
        for (size_t c = 0; c < count; c++) panel[c] = from[(ptrdiff_t)c * job->b_column];
      for (size_t c = count; c < job->width; c++) panel[c] = 0;
    }
  }
}

// Rows whose numbers lie far apart: tiles of 16 × 16, so that every cache line read is used whole.
static void pack_rows(void *context, size_t begin, size_t end) {
  const matmul_job *job = context;
  enum { TILE = 16 };
  for (size_t row = begin; row < end; row += TILE) {
    size_t row_end = end - row < TILE ? end : row + TILE;
    for (size_t i = 0; i < job->k; i += TILE) {
      size_t i_end = job->k - i < TILE ? job->k : i + TILE;
      for (size_t r = row; r < row_end; r++) {
        const float *from = job->a + (ptrdiff_t)r * job->a_row;
        for (size_t j = i; j < i_end; j++) job->rows[r * job->row_stride + j] = from[(ptrdiff_t)j * job->a_column];
      }
    }
  }
}

static void multiply_unit(const matmul_job *job, size_t pair, size_t row_begin, size_t row_end) {
  size_t column = pair * 2 * job->width, count = job->n - column, rows = row_end - row_begin;
  at_product_range range = {.form = AT_FORM_F32, .phase = AT_PROMPT, .k = job->k, .rows = job->m};
  range.panel_bytes = job->k * job->width * sizeof(float);
  range.panels = (const uint8_t *)job->columns + 2 * pair * range.panel_bytes;
  range.panel_count = count > job->width ? 2 : 1;
  range.activations = job->rows ? job->rows : job->a;
  range.activation_stride = job->rows ? (ptrdiff_t)job->row_stride : job->a_row;
  range.row_begin = row_begin;
  range.row_end = row_end;
  range.accumulate = job->accumulate;
  float *c = job->c + (ptrdiff_t)row_begin * job->c_row + (ptrdiff_t)column;
  if (count >= 2 * job->width && job->c_row >= 0) {
    range.even = c;
    range.odd = c + job->width;
    range.out_stride = (size_t)job->c_row;
    job->kernels->products->multiply(&range);
    return;
  }
  if (count > 2 * job->width) count = 2 * job->width;
  range.out_stride = 2 * job->width;
  range.even = at_scratch(TAIL_SCRATCH, rows * range.out_stride * sizeof(float));
  range.odd = range.even + job->width;
  if (job->accumulate) {
    memset(range.even, 0, rows * range.out_stride * sizeof(float));
    for (size_t r = 0; r < rows; r++)
      memcpy(range.even + r * range.out_stride, c + (ptrdiff_t)r * job->c_row, count * sizeof(float));
  }
  job->kernels->products->multiply(&range);
  for (size_t r = 0; r < rows; r++)
    memcpy(c + (ptrdiff_t)r * job->c_row, range.even + r * range.out_stride, count * sizeof(float));
}

static void multiply_units(void *context, size_t begin, size_t end) {
  const matmul_job *job = context;
  size_t pairs = (job->n + 2 * job->width - 1) / (2 * job->width);
  for (size_t unit = begin; unit < end; unit++) {
    size_t row = unit / pairs * ROW_STEP;
    multiply_unit(job, unit % pairs, row, job->m - row < ROW_STEP ? job->m : row + ROW_STEP);
  }
}

void at_matmul_f32(const struct at_kernels *kernels, size_t m, size_t n, size_t k, const float *a, ptrdiff_t a_row,
                   ptrdiff_t a_column, const float *b, ptrdiff_t b_row, ptrdiff_t b_column, float *c, ptrdiff_t c_row,
                   bool accumulate) {
  if (m == 0 || n == 0) return;
  size_t width = kernels->products->dense_width;
  size_t depth = k < DEPTH_STEP ? k : DEPTH_STEP, columns = n < COLUMN_STEP ? n : COLUMN_STEP;
  size_t padded = at_round_up(columns, width);
  matmul_job job = {.kernels = kernels, .m = m, .a_row = a_row, .a_column = a_column, .b_row = b_row,
                    .b_column = b_column, .c_row = c_row, .width = width};
  job.columns = at_scratch(COLUMNS_SCRATCH, padded * depth * sizeof(float));
  bool copy_rows = a_column != 1 && k > 0;
  // Wider than deep: rows a power of two apart would share a few places of the cache.
  job.row_stride = depth + 16;
  if (copy_rows) job.rows = at_scratch(ROWS_SCRATCH, m * job.row_stride * sizeof(float));
  // About this many multiply-adds, or floats moved, are worth waking a thread for.
  const size_t work = 262144, moves = 16384;
  size_t begin = 0;
  do {
    job.k = k - begin < DEPTH_STEP ? k - begin : DEPTH_STEP;
    job.a = a + (ptrdiff_t)begin * a_column;
    job.accumulate = accumulate || begin > 0;
    if (copy_rows) at_parallel_for(m, 16 + moves / job.k, pack_rows, &job);
    for (size_t column = 0; column < n; column += COLUMN_STEP) {
      job.n = n - column < COLUMN_STEP ? n - column : COLUMN_STEP;
      job.b = b + (ptrdiff_t)begin * b_row + (ptrdiff_t)column * b_column;
      job.c = c + column;
      at_parallel_for((job.n + width - 1) / width, 1 + moves / (job.k * width + 1), pack_columns, &job);
      size_t units = (job.n + 2 * width - 1) / (2 * width) * ((m + ROW_STEP - 1) / ROW_STEP);
      size_t rows = m < ROW_STEP ? m : ROW_STEP;
      at_parallel_for(units, 1 + work / (rows * 2 * width * job.k + 1), multiply_units, &job);
    }
    begin += job.k;
  } while (begin < k);
}
