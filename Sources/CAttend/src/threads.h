// Sleeping on a word of memory, and the small tools of a spin loop. Internal to the runtime.
#pragma once
#include "at_runtime.h"

#include <stdatomic.h>
#include <stdint.h>

// Sleeps while *word == expected; may return early.
void at_wait_on(_Atomic(uint32_t) *word, uint32_t expected);
// Wakes every thread that sleeps on the word.
void at_wake(_Atomic(uint32_t) *word);
// The processor that this thread runs on now; −1 when the system does not say.
int at_processor(void);

static inline void at_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");  // `yield` does nothing on most cores
#endif
}
