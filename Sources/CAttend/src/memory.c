// Memory: 64-byte aligned blocks in size classes, kept on free lists.
//
// Four classes per power of two, so at most a quarter is wasted. A class has one small lock: threads allocate whole
// tensors, not nodes, so they seldom meet, and an uncontended lock is cheaper than a thread's own cache.
#define _GNU_SOURCE
#include "at_runtime.h"
#include "memory.h"
#include "threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
  AT_CLASSES = 4 * 42,
};
#define AT_LARGE ((size_t)4 << 20)  // from here on blocks come from mmap
#define AT_SMALLEST_CAP ((uint64_t)64 << 20)
#define AT_LARGEST_CAP ((uint64_t)4 << 30)

typedef struct free_block {
  struct free_block *next;
} free_block;

typedef struct size_class {
  _Alignas(128) _Atomic(uint32_t) lock;
  free_block *free;
  uint64_t cached, live, system;  // blocks on the list, blocks handed out, requests that reached the system
} size_class;

static size_class classes[AT_CLASSES];

// Large blocks beyond `cap` go back to the system. When a block that was given back turns out to be needed again,
// the cap grows by it: a training step finds its memory again, a single long prompt does not keep it.
static struct {
  _Atomic(uint32_t) lock;
  uint64_t cached, released, cap;
} large = {.cap = AT_SMALLEST_CAP};

static void acquire(_Atomic(uint32_t) *lock) {
  for (int tries = 0; atomic_exchange_explicit(lock, 1, memory_order_acquire) != 0; tries++) {
    for (int i = 0; i < 64 && atomic_load_explicit(lock, memory_order_relaxed) != 0; i++) at_pause();
    if (tries > 4) sched_yield();  // its owner may have lost the processor
  }
}

static void release(_Atomic(uint32_t) *lock) { atomic_store_explicit(lock, 0, memory_order_release); }

// A child of fork must not inherit a lock that another thread held.
static void acquire_all(void) {
  for (int i = 0; i < AT_CLASSES; i++) acquire(&classes[i].lock);
  acquire(&large.lock);
}

static void release_all(void) {
  release(&large.lock);
  for (int i = AT_CLASSES; i-- > 0;) release(&classes[i].lock);
}

static void register_fork_handlers(void) { pthread_atfork(acquire_all, release_all, release_all); }

// The class of a size, and the size of its blocks: 64, 128, 192, 256, then 2^e · (1 + j/4). −1 for absurd sizes.
static int class_of(size_t bytes, size_t *size) {
  if (bytes <= 256) {
    int index = bytes == 0 ? 0 : (int)((bytes - 1) / AT_ALIGNMENT);
    *size = (size_t)(index + 1) * AT_ALIGNMENT;
    return index;
  }
  int exponent = 63 - __builtin_clzll((uint64_t)bytes - 1);
  int index = 4 + 4 * (exponent - 8) + (int)((bytes - 1) >> (exponent - 2) & 3);
  if (index >= AT_CLASSES) return -1;
  *size = (((bytes - 1) >> (exponent - 2)) + 1) << (exponent - 2);
  return index;
}

static size_t size_of(int index) {
  if (index < 4) return (size_t)(index + 1) * AT_ALIGNMENT;
  return (size_t)(index % 4 + 5) << ((index - 4) / 4 + 6);
}

// ---- the system ------------------------------------------------------------------------------------

void *at_map(size_t size) {
  char *mapped = mmap(NULL, size + AT_HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return NULL;
  size_t before = (AT_HUGE_PAGE - (uintptr_t)mapped % AT_HUGE_PAGE) % AT_HUGE_PAGE;
  if (before) munmap(mapped, before);
  munmap(mapped + before + size, AT_HUGE_PAGE - before);
#if defined(__linux__)
  madvise(mapped + before, size, MADV_HUGEPAGE);
#endif
  return mapped + before;
}

void at_unmap(void *memory, size_t size) { munmap(memory, size); }

static bool is_mapped(size_t size) {
#if defined(__linux__) && !defined(AT_PASS_THROUGH)
  return size >= AT_LARGE;
#else
  (void)size;
  return false;
#endif
}

static void *system_allocate(size_t size) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, register_fork_handlers);
  if (is_mapped(size)) return at_map(size);
  void *block = NULL;
  return posix_memalign(&block, AT_ALIGNMENT, size) == 0 ? block : NULL;
}

static void system_free(void *block, size_t size) {
  if (is_mapped(size)) at_unmap(block, size);
  else free(block);
}

// ---- large blocks ----------------------------------------------------------------------------------

// Gives one cached large block back, the classes in turn; false when there is none.
static bool evict_large(void) {
  static _Atomic(uint32_t) turn;
  const int first = 4 + 4 * (22 - 8) - 1;  // the class of AT_LARGE
  for (int tries = first; tries < AT_CLASSES; tries++) {
    int index = first + (int)(atomic_fetch_add_explicit(&turn, 1, memory_order_relaxed) % (AT_CLASSES - first));
    size_class *class = &classes[index];
    acquire(&class->lock);
    free_block *block = class->free;
    if (block) {
      class->free = block->next;
      class->cached--;
    }
    release(&class->lock);
    if (!block) continue;
    size_t size = size_of(index);
    acquire(&large.lock);
    large.cached -= size;
    large.released += size;
    release(&large.lock);
    system_free(block, size);
    return true;
  }
  return false;
}

// Whether a block that is being freed goes to the cache; older ones make room for it.
static bool keep_large(size_t size) {
  for (;;) {
    acquire(&large.lock);
    bool fits = size <= large.cap, keep = large.cached + size <= large.cap;
    if (keep) large.cached += size;
    if (!fits) large.released += size;
    release(&large.lock);
    if (keep || !fits) return keep;
    if (!evict_large()) return false;
  }
}

static void missed_large(size_t size) {
  // At most a quarter of the machine's memory.
  uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
  uint64_t most = memory / 4 < AT_LARGEST_CAP ? memory / 4 : AT_LARGEST_CAP;
  acquire(&large.lock);
  if (large.released >= size) {
    large.released -= size;
    if (large.cap + size <= most) large.cap += size;
  }
  release(&large.lock);
}

static void take_large(size_t size) {
  acquire(&large.lock);
  large.cached -= size;
  release(&large.lock);
}

// ---- the interface ---------------------------------------------------------------------------------

void *at_alloc(size_t bytes) {
  size_t size;
  int index = class_of(bytes, &size);
  if (index < 0) return NULL;
  at_thread_state *thread = at_thread();
  thread->allocations++;
  size_class *class = &classes[index];
  acquire(&class->lock);
  free_block *block = class->free;
  if (block) {
    class->free = block->next;
    class->cached--;
    class->live++;
    release(&class->lock);
    if (size >= AT_LARGE) take_large(size);
    return block;
  }
  release(&class->lock);
  thread->system_allocations++;
  if (size >= AT_LARGE) missed_large(size);
  block = system_allocate(size);
  if (!block) {  // what lies in the cache may be just what is missing
    at_alloc_trim();
    block = system_allocate(size);
    if (!block) return NULL;
  }
  acquire(&class->lock);
  class->live++;
  class->system++;
  release(&class->lock);
  return block;
}

void at_free(void *block, size_t bytes) {
  if (!block) return;
  size_t size;
  int index = class_of(bytes, &size);
  if (index < 0) abort();  // such a block was never handed out
  size_class *class = &classes[index];
#if defined(AT_PASS_THROUGH)
  bool keep = false;
#else
  bool keep = size < AT_LARGE || keep_large(size);
#endif
  acquire(&class->lock);
  class->live--;
  if (keep) {
    free_block *freed = block;
    freed->next = class->free;
    class->free = freed;
    class->cached++;
  }
  release(&class->lock);
  if (!keep) system_free(block, size);
}

void at_alloc_trim(void) {
  for (int index = 0; index < AT_CLASSES; index++) {
    size_t size = size_of(index);
    acquire(&classes[index].lock);
    free_block *blocks = classes[index].free;
    classes[index].free = NULL;
    classes[index].cached = 0;
    release(&classes[index].lock);
    while (blocks) {
      free_block *next = blocks->next;
      if (size >= AT_LARGE) take_large(size);
      system_free(blocks, size);
      blocks = next;
    }
  }
  acquire(&large.lock);
  large.released = 0;
  large.cap = AT_SMALLEST_CAP;
  release(&large.lock);
}

at_alloc_statistics at_alloc_stats(void) {
  at_alloc_statistics sum = {.live_bytes = at_weights_live()};
  for (int index = 0; index < AT_CLASSES; index++) {
    acquire(&classes[index].lock);
    sum.system_allocations += classes[index].system;
    sum.live_bytes += classes[index].live * size_of(index);
    sum.cached_bytes += classes[index].cached * size_of(index);
    release(&classes[index].lock);
  }
  return sum;
}
