// The k largest values, by keeping candidates above a rising threshold.
#include "at_rows.h"

#include "half.h"

// Value and index as one number: a larger key is a larger value, or the same value at a lower index.
static uint64_t key_of(float value, uint32_t index) {
  if (value != value) value = -1.0f / 0.0f;
  uint32_t bits = at_bits_of(value + 0.0f);  // −0 counts as 0
  bits = bits >> 31 ? ~bits : bits | 0x80000000;
  return (uint64_t)bits << 32 | (uint32_t)~index;
}

static void swap(uint64_t *a, uint64_t *b) {
  uint64_t t = *a;
  *a = *b;
  *b = t;
}

// Moves keys not below the pivot to the front; returns how many there are. Keys differ, so both sides shrink.
static size_t partition(uint64_t *keys, size_t count, uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  size_t at = (size_t)((*state >> 33) % count);
  swap(&keys[at], &keys[count - 1]);
  uint64_t pivot = keys[count - 1];
  size_t front = 0;
  for (size_t i = 0; i + 1 < count; i++)
    if (keys[i] > pivot) swap(&keys[i], &keys[front++]);
  swap(&keys[front], &keys[count - 1]);
  return front + 1;
}

// Moves the k largest to the front, in any order.
static void select_largest(uint64_t *keys, size_t count, size_t k, uint64_t *state) {
  while (k > 0 && k < count) {
    size_t front = partition(keys, count, state);
    if (front == k || front == k + 1) return;  // the pivot, the least of the front, is the last of it
    if (front > k) {
      count = front - 1;
    } else {
      keys += front;
      count -= front;
      k -= front;
    }
  }
}

static void sort_descending(uint64_t *keys, size_t count, uint64_t *state) {
  while (count > 16) {
    size_t front = partition(keys, count, state);
    if (front - 1 < count - front) {  // the smaller side by recursion, at most log₂(count) deep
      sort_descending(keys, front - 1, state);
      keys += front;
      count -= front;
    } else {
      sort_descending(keys + front, count - front, state);
      count = front - 1;
    }
  }
  for (size_t i = 1; i < count; i++) {
    uint64_t key = keys[i];
    size_t to = i;
    for (; to > 0 && keys[to - 1] < key; to--) keys[to] = keys[to - 1];
    keys[to] = key;
  }
}

enum { AT_ON_STACK = 1024, AT_BLOCK = 512 };

size_t at_top_k(const at_row_kernels *kernels, size_t count, const float *x, size_t k, uint32_t *indices) {
  if (k > count) k = count;
  if (k == 0) return 0;
  uint64_t on_stack[AT_ON_STACK], state = 1;
  uint32_t found[AT_BLOCK];
  size_t room = 2 * k + AT_BLOCK;
  uint64_t *keys = room <= AT_ON_STACK ? on_stack : at_alloc(room * sizeof *keys);
  if (!keys) return 0;

  size_t kept = 0;
  float threshold = -1.0f / 0.0f;
  for (size_t begin = 0; begin < count; begin += AT_BLOCK) {
    size_t size = count - begin < AT_BLOCK ? count - begin : AT_BLOCK;
    if (kept + size > room) {
      // An equal value that comes later has a higher index, so from now on only larger ones matter.
      select_largest(keys, kept, k, &state);
      kept = k;
      uint64_t least = keys[0];
      for (size_t i = 1; i < k; i++) least = keys[i] < least ? keys[i] : least;
      threshold = x[(uint32_t)~least];
    }
    size_t above = kernels->select_above(size, x + begin, threshold, found, AT_BLOCK);
    for (size_t i = 0; i < above; i++) keys[kept++] = key_of(x[begin + found[i]], (uint32_t)begin + found[i]);
  }
  select_largest(keys, kept, k, &state);
  if (kept > k) kept = k;
  sort_descending(keys, kept, &state);
  for (size_t i = 0; i < kept; i++) indices[i] = (uint32_t)~keys[i];
  // Only −∞ and NaN are left.
  for (size_t i = 0; kept < k && i < count; i++)
    if (!(x[i] > -1.0f / 0.0f)) indices[kept++] = (uint32_t)i;
  if (keys != on_stack) at_free(keys, room * sizeof *keys);
  return k;
}
