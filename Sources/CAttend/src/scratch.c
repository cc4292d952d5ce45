// Scratch memory: a few growing buffers per thread.
#include "at_runtime.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct buffer {
  void *bytes;
  size_t size;
} buffer;

typedef struct buffers {
  buffer slots[AT_SCRATCH_SLOTS];
} buffers;

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local buffers *mine;

static void release(void *argument) {
  buffers *all = argument;
  for (int i = 0; i < AT_SCRATCH_SLOTS; i++) at_free(all->slots[i].bytes, all->slots[i].size);
  free(all);
  mine = NULL;
}

static void make_key(void) {
  if (pthread_key_create(&key, release) != 0) abort();
}

void *at_scratch(int slot, size_t bytes) {
  if (slot < 0 || slot >= AT_SCRATCH_SLOTS) abort();  // a kernel's own mistake
  if (!mine) {
    pthread_once(&once, make_key);
    mine = calloc(1, sizeof *mine);
    if (!mine || pthread_setspecific(key, mine) != 0) abort();
  }
  buffer *own = &mine->slots[slot];
  if (own->bytes && own->size >= bytes) return own->bytes;
  // Half as much again, so that a growing prompt does not ask at every step.
  size_t size = own->size + own->size / 2;
  if (size < bytes) size = bytes;
  if (size < 4096) size = 4096;
  at_free(own->bytes, own->size);
  own->bytes = at_alloc(size);
  if (!own->bytes) abort();
  own->size = size;
  return own->bytes;
}
