// A product with a packed matrix: prepare the activations, cut the work, multiply, finish with the epilogue.
#include <string.h>
#include "products.h"

enum {
  PREPARED_SCRATCH = 0,  // slots: the caller's prepared activations, a thread's tile of results
  TILE_SCRATCH = 1,      // 2 and above belong to the levels
  TILE_FLOATS = 16384,   // results that one thread finishes at a time, about half of a level-2 cache of 128 KiB
  LEAST_ROWS = 84, MOST_ROWS = 256,  // of a block: its activations stay in the level-2 cache
  INLINE_BYTES = 49152,  // weights that are not worth waking another thread for
  LEAST_BYTES = 4096,    // of a chunk of them: several times what claiming it costs
};

// ---- activations -----------------------------------------------------------------------------------

typedef struct prepare_job {
  const at_packed *w;
  at_phase phase;
  size_t m;
  const float *a;
  size_t a_stride;
  void *prepared;
} prepare_job;

static void prepare_rows(void *context, size_t begin, size_t end) {
  const prepare_job *job = context;
  job->w->kernels->products->prepare(job->w->form, job->phase, job->m, job->w->k, job->a, job->a_stride, begin, end,
                                     job->prepared);
}

// ---- rectangles ------------------------------------------------------------------------------------

// A unit of work is a block of rows × a chunk of panel pairs.
typedef struct product_job {
  const at_packed *w;
  at_product_range range;  // of everything; the parts are set per rectangle
  size_t m, row_block, pairs, chunk, chunks, panels, width;
  float *out;
  size_t out_stride;
  const at_epilogue *epilogue;
} product_job;

// One row of results, from the scratch tile to `out`. `gate` holds the gate half when the matrix is gated.
static void finish_row(const product_job *job, size_t row, size_t column, size_t count, float *gate, float *up) {
  const at_epilogue *epilogue = job->epilogue;
  const at_row_kernels *rows = job->w->kernels->rows;
  float *out = job->out + row * job->out_stride + column, *result = gate;
  if (epilogue->bias) rows->binary(AT_ADD, count, gate, epilogue->bias + column, gate);
  if (up) {
    if (epilogue->bias) rows->binary(AT_ADD, count, up, epilogue->bias + job->w->n + column, up);
    if (epilogue->has_activation)
      rows->gated(epilogue->activation, count, gate, up, gate);
    else
      rows->binary(AT_MULTIPLY, count, gate, up, gate);
  } else if (epilogue->has_activation) {
    rows->unary(epilogue->activation, count, gate, gate);
  }
  if (epilogue->residual)
    rows->binary(AT_ADD, count, result, epilogue->residual + row * epilogue->residual_stride + column, out);
  else
    memcpy(out, result, count * sizeof(float));
}

static void multiply_rectangle(const product_job *job, size_t row_begin, size_t row_end, size_t pair_begin,
                               size_t pair_end) {
  bool gated = job->w->gated;
  size_t pair_columns = gated ? job->width : 2 * job->width, rows = row_end - row_begin;
  size_t step = TILE_FLOATS / (rows * 2 * job->width);
  if (step == 0) step = 1;
  static const at_epilogue none;
  product_job finish = *job;
  if (!finish.epilogue) finish.epilogue = &none;
  bool direct = !job->epilogue && !gated;
  for (size_t pair = pair_begin; pair < pair_end;) {
    size_t column = pair * pair_columns, left = (job->w->n - column) / pair_columns, next;
    at_product_range range = job->range;
    range.panels += 2 * pair * range.panel_bytes;
    range.row_begin = row_begin;
    range.row_end = row_end;
    if (direct && left > 0) {
      next = pair + left < pair_end ? pair + left : pair_end;
      range.panel_count = 2 * (next - pair);
      range.even = job->out + row_begin * job->out_stride + column;
      range.odd = range.even + job->width;
      range.pair_step = 2 * job->width;
      range.out_stride = job->out_stride;
      job->w->kernels->products->multiply(&range);
      pair = next;
      continue;
    }
    next = pair + step < pair_end ? pair + step : pair_end;
    size_t end = next * pair_columns < job->w->n ? next * pair_columns : job->w->n;
    range.panel_count = (2 * next < job->panels ? 2 * next : job->panels) - 2 * pair;
    range.out_stride = (next - pair) * 2 * job->width;
    range.even = at_scratch(TILE_SCRATCH, rows * range.out_stride * sizeof(float));
    range.odd = range.even + (gated ? (next - pair) * job->width : job->width);
    range.pair_step = pair_columns;
    job->w->kernels->products->multiply(&range);
    for (size_t row = row_begin; row < row_end; row++) {
      float *tile = range.even + (row - row_begin) * range.out_stride;
      finish_row(&finish, row, column, end - column, tile, gated ? tile + (range.odd - range.even) : NULL);
    }
    pair = next;
  }
}

static void multiply_units(void *context, size_t begin, size_t end) {
  const product_job *job = context;
  while (begin < end) {
    size_t block = begin / job->chunks, chunk = begin % job->chunks;
    size_t chunk_end = job->chunks - chunk < end - begin ? job->chunks : chunk + (end - begin);
    size_t row_begin = block * job->row_block, row_end = row_begin + job->row_block;
    size_t pair_end = chunk_end * job->chunk;
    multiply_rectangle(job, row_begin, row_end < job->m ? row_end : job->m, chunk * job->chunk,
                       pair_end < job->pairs ? pair_end : job->pairs);
    begin += chunk_end - chunk;
  }
}

void at_product(const at_packed *w, size_t m, const float *a, size_t a_stride, float *out, size_t out_stride,
                const at_epilogue *epilogue, at_phase phase) {
  if (m == 0 || w->n == 0) return;
  const at_product_kernels *level = w->kernels->products;
  size_t width = at_panel_width(level, w->form), groups = (w->n + width - 1) / width;
  product_job job = {.w = w, .m = m, .width = width, .out = out, .out_stride = out_stride, .epilogue = epilogue};
  if (epilogue && !epilogue->bias && !epilogue->has_activation && !epilogue->residual) job.epilogue = NULL;
  job.panels = w->gated ? 2 * groups : groups;
  job.pairs = (job.panels + 1) / 2;
  job.range = (at_product_range){.form = w->form, .phase = phase, .k = w->k, .rows = m};
  job.range.panels = w->data;
  job.range.panel_bytes = at_panel_bytes(level, w->form, w->k);
  job.range.activations = a;
  job.range.activation_stride = (ptrdiff_t)a_stride;

  size_t prepared_bytes = level->prepared_bytes(w->form, phase, m, w->k);
  if (prepared_bytes > 0) {
    void *prepared = at_scratch(PREPARED_SCRATCH, prepared_bytes);
    prepare_job prepare = {w, phase, m, a, a_stride, prepared};
    // Rows are prepared in units that share a group, about 16K elements for a thread to be worth waking.
    if (m * w->k < 65536)
      prepare_rows(&prepare, 0, m);
    else
      at_parallel_for(m, 1 + 16384 / w->k, prepare_rows, &prepare);
    job.range.activations = prepared;
  }

  // Blocks of equal size, as large as the cache allows.
  size_t unit = level->row_unit(w->form, phase);
  size_t row_bytes = (prepared_bytes > 0 ? prepared_bytes / m : w->k * sizeof(float)) + 1;
  size_t most = level->resident_bytes / row_bytes;
  most = most < LEAST_ROWS ? LEAST_ROWS : most > MOST_ROWS ? MOST_ROWS : most;
  size_t blocks = (m + most - 1) / most;
  job.row_block = at_round_up((m + blocks - 1) / blocks, unit);
  blocks = (m + job.row_block - 1) / job.row_block;
  size_t pair_bytes = 2 * job.range.panel_bytes;
  if (blocks == 1 && m <= unit) {
    // Few rows: weights are read once, so a unit is a pair and only the grain matters.
    job.chunk = 1;
    job.chunks = job.pairs;
    bool shared = job.pairs * pair_bytes >= 2 * INLINE_BYTES;
    at_parallel_for(job.pairs, shared ? 1 + LEAST_BYTES / (pair_bytes + 1) : job.pairs, multiply_units, &job);
    return;
  }
  size_t shares = 8 * (size_t)at_threads(), per_block = (shares + blocks - 1) / blocks;
  job.chunk = (job.pairs + per_block - 1) / per_block;
  job.chunks = (job.pairs + job.chunk - 1) / job.chunk;
  at_parallel_for(blocks * job.chunks, 1, multiply_units, &job);
}
