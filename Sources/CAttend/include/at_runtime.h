// Processor features, thread pool and memory.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- instruction-set levels -------------------------------------------------------------------

typedef enum at_isa {
  AT_ISA_PORTABLE = 0,
  AT_ISA_NEON = 1,    // arm64
  AT_ISA_AVX2 = 2,    // AVX2, FMA, F16C
  AT_ISA_AVX512 = 3,  // + AVX-512 F BW VL DQ VNNI (bf16 products use AVX512_BF16 when there)
  AT_ISA_AMX = 4,     // + AMX tile, bf16, int8 and AVX512_BF16
} at_isa;

enum {
  AT_ISA_COUNT = 5
};

const char *at_isa_name(at_isa level);
// Asks the processor and the operating system (saved register state, AMX permission).
bool at_isa_supported(at_isa level);
// Whether the processor multiplies bfloat16 in hardware.
bool at_has_bfloat16_products(void);

// ---- thread pool -------------------------------------------------------------------------------

// The pool has as many threads as the affinity mask and the cgroup quota allow, the caller included;
// it starts on first use. Workers spin for a few microseconds, then sleep on a futex.

// Threads that a parallel region uses now.
int at_threads(void);
// Sets the number of threads (1...256); 0 restores the machine's default. Waits for running regions.
void at_set_threads(int count);
// The machine's default: min(affinity mask, cgroup CPU quota), at least 1.
int at_default_threads(void);

typedef void (*at_range_body)(void *context, size_t begin, size_t end);

// Runs body over [0, count) in disjoint ranges of at least `grain` items, taken by the pool's threads as they
// become free, and returns when all are done. A caller that finds the pool busy runs everything inline.
// Nested calls run inline. Results must not depend on how the ranges are cut.
void at_parallel_for(size_t count, size_t grain, at_range_body body, void *context);

// Number of parallel regions entered by this process so far (for benchmarks).
uint64_t at_parallel_regions(void);

// What the calling thread has done so far; a profile takes differences. Nobody else touches it, so requests on other
// threads neither disturb a profile nor pay for one.
typedef struct at_thread_state {
  uint64_t regions;             // parallel regions that it entered as their caller
  uint64_t allocations;         // blocks that it asked at_alloc for
  uint64_t system_allocations;  // those of them that had to come from the system
  void *recorder;               // of whoever profiles this thread, or NULL
} at_thread_state;
at_thread_state *at_thread(void);

// Nanoseconds of a clock that never goes back.
uint64_t at_nanoseconds(void);

// Scratch memory of the calling thread: 64-byte aligned, grows, kept until the thread ends.
// A slot's contents are lost when the same thread asks for the slot again with more bytes.
enum { AT_SCRATCH_SLOTS = 8 };
void *at_scratch(int slot, size_t bytes);  // aborts only when the system is out of memory

// ---- memory ------------------------------------------------------------------------------------

// 64-byte aligned blocks, kept in size-class free lists (thread-safe). Large blocks ask for huge pages.
// Returns NULL when the system is out of memory. Sizes are rounded up; `at_free` needs the size asked for.
void *at_alloc(size_t bytes);
void at_free(void *block, size_t bytes);
// The same for weights: blocks that live long and are read whole share huge pages, and are not kept when freed.
void *at_alloc_weights(size_t bytes);
void at_free_weights(void *block, size_t bytes);
// Returns cached blocks to the system.
void at_alloc_trim(void);
typedef struct at_alloc_statistics {
  uint64_t system_allocations;  // requests that reached the system
  uint64_t live_bytes, cached_bytes;
} at_alloc_statistics;
at_alloc_statistics at_alloc_stats(void);

#ifdef __cplusplus
}
#endif
