// Attention, the same at all levels: how the rows of a call are cut into work, and who merges decode chunks.
#include "attention.h"
#include <stdatomic.h>

size_t at_kv_block_bytes(const at_kernels *kernels, at_element element, size_t key_width, size_t value_width) {
  return kernels->attention->block_bytes(element, key_width, value_width);
}

void at_kv_write(const at_kernels *kernels, at_element element, size_t key_width, size_t value_width, void *block,
                 size_t first, size_t count, const float *keys, size_t key_stride, const float *values,
                 size_t value_stride) {
  kernels->attention->write(element, key_width, value_width, block, first, count, keys, key_stride, values,
                            value_stride);
}

void at_kv_read(const at_kernels *kernels, at_element element, size_t key_width, size_t value_width, const void *block,
                size_t slot, float *key, float *value) {
  kernels->attention->read(element, key_width, value_width, block, slot, key, value);
}

// The work of one sequence: key/value heads × tiles of rows × chunks of keys (one chunk for a prompt).
typedef struct sequence_work {
  size_t first_item;     // items before this sequence
  size_t first_tile;     // (key/value head, tile) pairs before this sequence
  size_t first_partial;  // floats of partials before this sequence
  size_t rows, tiles, first_chunk, chunks;
} sequence_work;

typedef struct job {
  const at_attention *attention;
  const at_attention_kernels *kernels;
  const sequence_work *work;  // one more than there are sequences: the totals
  atomic_size_t *finished;    // chunks done of each (key/value head, tile)
  float *partials;            // NULL for a prompt
  size_t batch;               // items that a thread takes at once
  atomic_size_t next;         // the first item that nobody has taken
} job;

static at_attention_rows tile_rows(const job *job, size_t sequence, size_t kv_head, size_t tile) {
  size_t rows = job->work[sequence].rows, size = job->kernels->tile_rows, begin = tile * size;
  return (at_attention_rows){.attention = job->attention,
                             .sequence = &job->attention->sequences[sequence],
                             .kv_head = kv_head,
                             .begin = begin,
                             .count = rows - begin < size ? rows - begin : size,
                             .queries = {.data = job->attention->queries,
                                         .row = (ptrdiff_t)job->attention->query_stride,
                                         .head = (ptrdiff_t)job->attention->key_width}};
}

static void run_prompt_item(const job *job, size_t sequence, size_t item) {
  // Tiles of one head follow each other, the last rows first: those of a causal prompt see most keys.
  size_t tiles = job->work[sequence].tiles;
  at_attention_rows rows = tile_rows(job, sequence, item / tiles, tiles - 1 - item % tiles);
  job->kernels->prompt(&rows);
}

static void run_decode_item(const job *job, size_t sequence, size_t item) {
  const sequence_work *work = &job->work[sequence];
  size_t chunk = item % work->chunks, pair = item / work->chunks;  // pair: key/value head and tile
  at_attention_rows rows = tile_rows(job, sequence, pair / work->tiles, pair % work->tiles);
  size_t row_floats = job->attention->value_width + 2, stride = rows.count * row_floats;
  // The partials of a pair: chunks × rows of the tile. Tiles before this one in the head are full.
  float *partials = job->partials + work->first_partial +
                    (pair / work->tiles * work->rows + rows.begin) * work->chunks * row_floats;
  job->kernels->chunk(&rows, work->first_chunk + chunk, partials + chunk * stride);
  // Whoever finishes the last chunk merges them all, always in ascending order.
  size_t done = atomic_fetch_add_explicit(&job->finished[work->first_tile + pair], 1, memory_order_acq_rel) + 1;
  if (done == work->chunks) job->kernels->merge(&rows, work->chunks, partials, stride);
}

static void run_item(const job *job, size_t item) {
  size_t low = 0, high = job->attention->sequence_count;
  while (high - low > 1) {
    size_t middle = (low + high) / 2;
    if (job->work[middle].first_item <= item) {
      low = middle;
    } else {
      high = middle;
    }
  }
  item -= job->work[low].first_item;
  if (job->partials) {
    run_decode_item(job, low, item);
  } else {
    run_prompt_item(job, low, item);
  }
}

// Items differ much in cost, so threads take them one batch at a time rather than in equal ranges.
static void run_items(void *context, size_t begin, size_t end) {
  (void)begin, (void)end;
  job *job = context;
  size_t count = job->work[job->attention->sequence_count].first_item;
  for (;;) {
    size_t item = atomic_fetch_add_explicit(&job->next, job->batch, memory_order_relaxed);
    if (item >= count) return;
    size_t stop = count - item < job->batch ? count : item + job->batch;
    for (; item < stop; item++) run_item(job, item);
  }
}

// Fills `work`; returns about how many multiplications the call makes.
static double plan(const at_attention *attention, const at_attention_kernels *kernels, bool decode,
                   sequence_work *work) {
  size_t group = attention->heads / attention->kv_heads;
  double cost = 0;
  sequence_work next = {0};
  for (size_t s = 0; s < attention->sequence_count; s++) {
    const at_attention_sequence *sequence = &attention->sequences[s];
    next.rows = sequence->query_count * group;
    next.tiles = (next.rows + kernels->tile_rows - 1) / kernels->tile_rows;
    next.first_chunk = 0;
    next.chunks = 1;
    if (sequence->query_count) {
      size_t begin = at_visible_keys(attention, sequence, 0).begin;
      size_t end = at_visible_keys(attention, sequence, sequence->query_count - 1).end;
      cost += (double)next.rows * (double)(end - begin);
      if (decode) {
        next.first_chunk = begin / AT_ATTENTION_CHUNK;
        size_t chunk_end = (end + AT_ATTENTION_CHUNK - 1) / AT_ATTENTION_CHUNK;
        // Queries that see no key have one chunk, an empty one.
        next.chunks = chunk_end > next.first_chunk ? chunk_end - next.first_chunk : 1;
      }
    }
    work[s] = next;
    next.first_item += attention->kv_heads * next.tiles * next.chunks;
    next.first_tile += attention->kv_heads * next.tiles;
    next.first_partial += attention->kv_heads * next.rows * next.chunks * (attention->value_width + 2);
  }
  work[attention->sequence_count] = next;
  return cost * (double)attention->kv_heads * (double)(attention->key_width + attention->value_width);
}

void at_attend(const at_kernels *kernels, const at_attention *attention) {
  if (attention->sequence_count == 0 || attention->kv_heads == 0) return;
  const at_attention_kernels *level = kernels->attention;
  bool decode = attention->decode && level->chunk;
  size_t work_bytes = (attention->sequence_count + 1) * sizeof(sequence_work);
  sequence_work *work = at_scratch(AT_ATTENTION_JOB_SLOT, work_bytes);
  double cost = plan(attention, level, decode, work);
  sequence_work total = work[attention->sequence_count];
  if (total.first_item == 0) return;

  job job = {.attention = attention, .kernels = level, .work = work};
  if (decode) {
    size_t counter_bytes = total.first_tile * sizeof(atomic_size_t);
    size_t bytes = work_bytes + counter_bytes + total.first_partial * sizeof(float);
    char *scratch = at_scratch(AT_ATTENTION_JOB_SLOT, bytes);
    if ((void *)scratch != (void *)work) plan(attention, level, decode, (sequence_work *)scratch);
    job.work = (const sequence_work *)scratch;
    job.finished = (atomic_size_t *)(scratch + work_bytes);
    for (size_t i = 0; i < total.first_tile; i++) atomic_init(&job.finished[i], 0);
    job.partials = (float *)(scratch + work_bytes + counter_bytes);
  }
  // A batch is worth handing to another thread from some 10 µs of work on.
  double item_cost = cost / (double)total.first_item + 1;
  job.batch = item_cost > 2e5 ? 1 : (size_t)(2e5 / item_cost) + 1;
  size_t batches = (total.first_item + job.batch - 1) / job.batch, threads = (size_t)at_threads();
  at_parallel_for(batches < threads ? batches : threads, 1, run_items, &job);
}
