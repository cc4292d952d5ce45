// Random rows and comparisons, shared by the properties. Memory is allocated to the byte, so that a sanitizer sees
// every access beyond a row.
#pragma once
#include "CAttend.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct check {
  uint64_t state;
  int failures;
  void (*fail)(const char *message);
} check;

__attribute__((format(printf, 2, 3), unused)) static void report(check *c, const char *format, ...) {
  // A broken kernel fails everywhere; the first messages are enough.
  if (c->failures++ >= 8) return;
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  c->fail(message);
}

static inline uint64_t draw(check *c) {  // splitmix64
  uint64_t z = c->state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static inline size_t below(check *c, size_t bound) { return (size_t)(draw(c) % bound); }
static inline bool chance(check *c, size_t one_in) { return below(c, one_in) == 0; }
static inline float uniform(check *c) { return (float)(draw(c) >> 40) / (float)(1 << 23) - 1; }  // −1...1

// Row lengths around the vector widths, sometimes long enough for several pieces of a sum.
static inline size_t any_length(check *c) {
  switch (below(c, 8)) {
    case 0: return below(c, 3);
    case 1: return 8 * below(c, 17);
    case 2: return 1 + below(c, 10000);
    default: return below(c, 140);
  }
}

static inline void *bytes_for(size_t bytes) {
  void *memory = malloc(bytes ? bytes : 1);
  if (!memory) abort();
  return memory;
}

static inline float *floats_for(size_t count) { return bytes_for(count * sizeof(float)); }

static inline float any_special(check *c) {
  static const float values[] = {INFINITY, -INFINITY, NAN, 0.0f, -0.0f, 1e-40f, -1e-40f, 3e38f, -3e38f, 88.72f, -103.5f};
  return values[below(c, sizeof values / sizeof *values)];
}

// Numbers of magnitude around `size`, now and then a special one.
static inline float *random_row(check *c, size_t count, float size, bool special) {
  float *x = floats_for(count);
  for (size_t i = 0; i < count; i++) x[i] = special && chance(c, 20) ? any_special(c) : size * uniform(c);
  return x;
}

static inline bool same_bits(size_t count, const float *x, const float *y) {
  for (size_t i = 0; i < count; i++)  // any NaN is as good as another
    if (memcmp(x + i, y + i, sizeof *x) != 0 && !(x[i] != x[i] && y[i] != y[i])) return false;
  return true;
}

// |x − y| ≤ absolute + relative·|y|; infinities and NaN must agree.
static inline bool close_to(float x, float y, float absolute, float relative) {
  if (x != x || y != y) return x != x && y != y;
  return x == y || fabsf(x - y) <= absolute + relative * fabsf(y);
}

// The first index where x and y differ by more, or count.
static inline size_t first_difference(size_t count, const float *x, const float *y, float absolute, float relative) {
  for (size_t i = 0; i < count; i++)
    if (!close_to(x[i], y[i], absolute, relative)) return i;
  return count;
}
