// What the two kinds of memory share. Internal to the runtime.
#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AT_PASS_THROUGH 1  // the sanitizer wants to see every block
#endif
#endif

enum {
  AT_ALIGNMENT = 64,
  AT_HUGE_PAGE = 2 << 20,
};

// Zeroed memory from the system that begins on a huge page and asks for them; NULL when there is none.
void *at_map(size_t size);
void at_unmap(void *memory, size_t size);

// Bytes of the blocks that at_alloc_weights handed out from its chunks.
uint64_t at_weights_live(void);
