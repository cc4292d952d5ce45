#define _GNU_SOURCE
#include "threads.h"

#include <time.h>

at_thread_state *at_thread(void) {
  static _Thread_local at_thread_state mine;
  return &mine;
}

#if defined(__linux__)

#include <limits.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

// From the kernel's interface (linux/futex.h), which not every C library's headers bring along.
enum { AT_FUTEX_WAIT_PRIVATE = 128, AT_FUTEX_WAKE_PRIVATE = 129 };

void at_wait_on(_Atomic(uint32_t) *word, uint32_t expected) {
  syscall(SYS_futex, word, AT_FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

void at_wake(_Atomic(uint32_t) *word) { syscall(SYS_futex, word, AT_FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0); }

int at_processor(void) { return sched_getcpu(); }

#else

#include <pthread.h>

// Without a futex all sleepers share one condition; they look at their word again when it is signalled.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

void at_wait_on(_Atomic(uint32_t) *word, uint32_t expected) {
  pthread_mutex_lock(&mutex);
  if (atomic_load(word) == expected) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}

void at_wake(_Atomic(uint32_t) *word) {
  (void)word;
  pthread_mutex_lock(&mutex);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

int at_processor(void) { return -1; }

#endif

uint64_t at_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}
