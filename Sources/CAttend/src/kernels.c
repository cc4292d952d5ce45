// The table of every level, and the choice among them.
#include "CAttend.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const at_kernels tables[AT_ISA_COUNT] = {
    [AT_ISA_PORTABLE] = {"portable", AT_ISA_PORTABLE, &at_rows_portable, &at_products_portable, &at_attention_portable,
        &at_dense_attention_portable, &at_recurrent_portable, &at_gradients_portable},
#if defined(__x86_64__)
    [AT_ISA_AVX2] = {"avx2", AT_ISA_AVX2, &at_rows_avx2, &at_products_avx2, &at_attention_avx2,
        &at_dense_attention_avx2, &at_recurrent_avx2, &at_gradients_avx2},
    [AT_ISA_AVX512] = {"avx512", AT_ISA_AVX512, &at_rows_avx512, &at_products_avx512, &at_attention_avx512,
        &at_dense_attention_avx512, &at_recurrent_avx512, &at_gradients_avx512},
    [AT_ISA_AMX] = {"amx", AT_ISA_AMX, &at_rows_avx512, &at_products_amx, &at_attention_amx,
        &at_dense_attention_avx512, &at_recurrent_avx512, &at_gradients_avx512},
#elif defined(__aarch64__)
    [AT_ISA_NEON] = {"neon", AT_ISA_NEON, &at_rows_neon, &at_products_neon, &at_attention_neon,
        &at_dense_attention_neon, &at_recurrent_neon, &at_gradients_neon},
#endif
};

const at_kernels *at_kernels_at(at_isa level) {
  return at_isa_supported(level) && tables[level].name ? &tables[level] : NULL;
}

// A level that this machine lacks, or an unknown name, gives the best one that is not above what was asked for;
// the caller can see which by the table's name.
static const at_kernels *choose(const char *asked) {
  int level = AT_ISA_COUNT - 1;
  for (int i = 0; asked && i < AT_ISA_COUNT; i++)
    if (strcmp(asked, at_isa_name((at_isa)i)) == 0) level = i;
  while (level > 0 && !at_kernels_at((at_isa)level)) level--;
  return &tables[level];
}

const at_kernels *at_kernels_best(void) {
  static _Atomic(const at_kernels *) chosen;
  const at_kernels *best = atomic_load_explicit(&chosen, memory_order_acquire);
  if (!best) {
    best = choose(getenv("ATTEND_ISA"));
    atomic_store_explicit(&chosen, best, memory_order_release);
  }
  return best;
}
