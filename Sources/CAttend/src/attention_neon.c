// Attention at the NEON level.
#if defined(__aarch64__)
#define AT_SIMD_NEON
#include "attention.h"
#include "simd.h"

enum { AT_SPAN = 64, AT_TILE_ROWS = 48 };  // keys of one softmax step, rows that share a pass over the keys
#include "attention_products.inc"
#include "attention_blocks.inc"
#include "attention.inc"
#include "attention_tile.inc"
#include "simd_end.h"
#else
typedef int at_attention_neon_is_for_another_processor;
#endif
