// Runs every property at every level of this machine, and at the emulated ones when they are linked in
// (-DAT_WITH_EMULATED): for sanitizers and for other processors under an emulator. Arguments: cases, seed.
#include "property_attention.h"
#include "property_products.h"
#include "property_recurrent.h"
#include "property_rows.h"
#include "property_runtime.h"
#if defined(AT_WITH_EMULATED)
#include "CAttendEmulated.h"
#endif

#include <stdio.h>
#include <stdlib.h>

typedef int property(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));

typedef struct entry {
  const char *name;
  property *run;
  int share;  // this property's cases, in percent
} entry;

static const entry entries[] = {
    {"elementwise", at_property_elementwise, 100}, {"normalize", at_property_normalize, 100},
    {"convert", at_property_convert, 100},         {"search", at_property_search, 100},
    {"training", at_property_training, 100},
    {"products", at_property_products, 50},        {"matmul", at_property_matmul, 50},
    {"attention", at_property_attention, 10},      {"dense attention", at_property_dense_attention, 50},
    {"recurrent", at_property_recurrent, 30},       {"gradients", at_property_gradients, 100},
};

static const entry level_free[] = {
    {"copy", at_property_copy, 100}, {"pool", at_property_pool, 10}, {"memory", at_property_memory, 20},
    {"recurrent threads", at_property_recurrent_threads, 10}};

static void print_failure(const char *message) { printf("    %s\n", message); }

static int run(const at_kernels *level, const char *suffix, const entry *entry, uint64_t seed, int cases) {
  int share = cases * entry->share / 100 < 1 ? 1 : cases * entry->share / 100;
  int failures = entry->run(level, seed, share, print_failure);
  printf("%s%s %s: %d cases, %d failures\n", level->name, suffix, entry->name, share, failures);
  fflush(stdout);
  return failures;
}

int main(int count, char **arguments) {
  int cases = count > 1 ? atoi(arguments[1]) : 500, failures = 0;
  uint64_t seed = count > 2 ? strtoull(arguments[2], NULL, 10) : 1;
  for (size_t i = 0; i < sizeof level_free / sizeof *level_free; i++)
    failures += run(at_kernels_best(), "", &level_free[i], seed, cases);
  for (int isa = 0; isa < AT_ISA_COUNT; isa++) {
    const at_kernels *level = at_kernels_at((at_isa)isa);
    for (size_t i = 0; level && i < sizeof entries / sizeof *entries; i++)
      failures += run(level, "", &entries[i], seed, cases);
#if defined(AT_WITH_EMULATED)
    level = at_kernels_emulated((at_isa)isa);
    for (size_t i = 0; level && i < sizeof entries / sizeof *entries; i++)
      failures += run(level, " (emulated)", &entries[i], seed, cases);
#endif
  }
  if (failures) printf("%d failures\n", failures);
  if (!failures) printf("all properties hold\n");
  return failures != 0;
}
