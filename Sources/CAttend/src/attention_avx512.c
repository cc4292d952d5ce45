// Attention at the AVX-512 level.
#if defined(__x86_64__)
#define AT_SIMD_AVX512
#include "attention.h"
#include "simd.h"
#include "simd_random.h"

enum { AT_SPAN = 128, AT_MOST_ROWS = 48 };  // keys of one softmax step, rows that share a pass over the keys
#include "attention_transpose.inc"
#include "attention_layout.inc"
#include "attention_products.inc"
#include "attention_blocks.inc"
#include "attention_drops.inc"
#include "attention.inc"
#define AT_PACK_QUERIES pack_queries
#define AT_ATTEND_SPAN attend_span
#include "attention_tile.inc"

const at_attention_kernels at_attention_avx512 = {
    .tile_rows = AT_MOST_ROWS,
    .block_bytes = block_bytes,
    .write = write_block,
    .read = read_block,
    .prompt = prompt,
    .chunk = chunk,
    .merge = merge,
};
#include "simd_end.h"
#else
typedef int at_attention_avx512_is_for_another_processor;
#endif
