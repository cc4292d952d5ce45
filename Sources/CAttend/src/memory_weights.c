// Memory for weights. They come in large numbers, stay long, and every token reads all of them: so they lie side by
// side on huge pages, which the system also hands out several times faster than small ones. Blocks of a chunk are taken
// one after the other; a chunk goes back to the system with its last block.
#define _GNU_SOURCE
#include "at_runtime.h"
#include "memory.h"

#include <pthread.h>

#define AT_CHUNK ((size_t)32 << 20)
#define AT_SMALLEST_WEIGHT ((size_t)64 << 10)  // below, nothing is gained

typedef struct chunk {
  size_t size, used;
  uint64_t live;  // blocks handed out
} chunk;

// Stands before each block, so that blocks know where they come from.
typedef struct header {
  _Alignas(AT_ALIGNMENT) chunk *chunk;
} header;

static struct {
  pthread_mutex_t lock;
  chunk *open;  // where the next block is taken from, or NULL
  uint64_t live;
} weights = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_small(size_t bytes) {
#if defined(AT_PASS_THROUGH) || !defined(__linux__)
  (void)bytes;
  return true;
#else
  return bytes < AT_SMALLEST_WEIGHT;
#endif
}

static size_t padded(size_t bytes) {
  return (bytes + AT_ALIGNMENT - 1) / AT_ALIGNMENT * AT_ALIGNMENT + sizeof(header);
}

static void lock_weights(void) { pthread_mutex_lock(&weights.lock); }
static void unlock_weights(void) { pthread_mutex_unlock(&weights.lock); }
// A child of fork must not inherit a lock that another thread held.
static void register_fork_handlers(void) { pthread_atfork(lock_weights, unlock_weights, unlock_weights); }

static chunk *new_chunk(size_t size) {
  size = (size + AT_HUGE_PAGE - 1) / AT_HUGE_PAGE * AT_HUGE_PAGE;
  chunk *made = at_map(size);
  if (!made) return NULL;
  _Static_assert(sizeof(chunk) <= AT_ALIGNMENT, "a chunk's first block begins one line into it");
  *made = (chunk){.size = size, .used = AT_ALIGNMENT};
  at_thread()->system_allocations++;
  return made;
}

void *at_alloc_weights(size_t bytes) {
  if (is_small(bytes)) return at_alloc(bytes);
  if (bytes > SIZE_MAX / 2) return NULL;
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, register_fork_handlers);
  size_t size = padded(bytes);
  lock_weights();
  chunk *from = weights.open;
  if (!from || from->size - from->used < size) {
    // A large block gets a chunk of its own, and the open one stays open.
    bool is_large = size > AT_CHUNK / 4;
    from = new_chunk(is_large ? size + AT_ALIGNMENT : AT_CHUNK);
    if (from && !is_large) weights.open = from;
  }
  header *block = NULL;
  if (from) {
    block = (header *)((char *)from + from->used);
    block->chunk = from;
    from->used += size;
    from->live++;
    weights.live += size;
    at_thread()->allocations++;
  }
  unlock_weights();
  return block ? block + 1 : NULL;
}

void at_free_weights(void *block, size_t bytes) {
  if (!block) return;
  if (is_small(bytes)) {
    at_free(block, bytes);
    return;
  }
  chunk *from = ((header *)block - 1)->chunk;
  lock_weights();
  weights.live -= padded(bytes);
  bool is_last = --from->live == 0;
  if (is_last && weights.open == from) weights.open = NULL;
  unlock_weights();
  if (is_last) at_unmap(from, from->size);
}

uint64_t at_weights_live(void) {
  lock_weights();
  uint64_t live = weights.live;
  unlock_weights();
  return live;
}
