// The kernels of Attend: one table of functions per instruction-set level, a thread pool, an allocator.
//
// Every kernel family has its portable version first: it is the specification and the fallback.
// `at_kernels_at(level)` gives the table of any level that this machine can run, so that tests compare
// levels in one process; `at_kernels_best()` is chosen once (environment variable ATTEND_ISA overrides).
#pragma once
#include "at_runtime.h"
#include "at_rows.h"
#include "at_products.h"
#include "at_encoding.h"
#include "at_attention.h"
#include "at_dense_attention.h"
#include "at_gradients.h"
#include "at_recurrent.h"
#include "at_peaks.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct at_kernels {
  const char *name;
  at_isa isa;
  const at_row_kernels *rows;
  const at_product_kernels *products;
  const at_attention_kernels *attention;
  const at_dense_attention_kernels *dense_attention;
  const at_recurrent_kernels *recurrent;
  const at_gradient_kernels *gradients;
} at_kernels;

// NULL when this machine cannot run the level.
const at_kernels *at_kernels_at(at_isa level);
// The best level of this machine, or the one that ATTEND_ISA names (portable, neon, avx2, avx512, amx).
const at_kernels *at_kernels_best(void);

#ifdef __cplusplus
}
#endif
