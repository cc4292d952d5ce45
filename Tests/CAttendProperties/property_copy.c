#include "property_rows.h"
#include "property_support.h"

// A random array seen through a random view: dimensions permuted, reversed, stretched or broadcast.
static void check_copy(check *c) {
  static const size_t sizes[] = {1, 2, 4, 8};
  size_t size = sizes[below(c, 4)];
  int rank = (int)below(c, 6);
  size_t shape[8], order[8], source = 1, target = 1;
  ptrdiff_t strides[8], start = 0;
  size_t most = rank <= 2 ? 90 : rank == 3 ? 24 : 6;
  for (int i = 0; i < rank; i++) {
    shape[i] = chance(c, 12) ? 0 : 1 + below(c, most);
    order[i] = (size_t)i;
  }
  for (int i = rank - 1; i > 0; i--) {
    size_t j = below(c, (size_t)i + 1), t = order[i];
    order[i] = order[j];
    order[j] = t;
  }
  for (int i = rank - 1; i >= 0; i--) {
    size_t dimension = order[i];
    size_t step = chance(c, 8) ? 2 : 1;
    strides[dimension] = (ptrdiff_t)(source * step);
    if (chance(c, 8)) {
      strides[dimension] = 0;
      continue;
    }
    source *= shape[dimension] * step;
  }
  for (int i = 0; i < rank; i++) {
    target *= shape[i];
    if (shape[i] > 0 && chance(c, 8)) {  // backwards
      start += strides[i] * (ptrdiff_t)(shape[i] - 1);
      strides[i] = -strides[i];
    }
  }
  unsigned char *from = bytes_for(source * size), *to = bytes_for(target * size);
  for (size_t i = 0; i < source * size; i++) from[i] = (unsigned char)draw(c);
  at_copy_strided(size, rank, shape, strides, from + (source ? start : 0) * (ptrdiff_t)size, to);
  for (size_t i = 0; i < target; i++) {
    size_t rest = i;
    ptrdiff_t at = start;
    for (int d = rank - 1; d >= 0; d--) {
      at += (ptrdiff_t)(rest % shape[d]) * strides[d];
      rest /= shape[d];
    }
    if (memcmp(to + i * size, from + at * (ptrdiff_t)size, size) == 0) continue;
    report(c, "copy of rank %d, elements of %zu bytes: element %zu of %zu is wrong", rank, size, i, target);
    break;
  }
  free(from);
  free(to);
}

int at_property_copy(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  (void)level;
  check c = {.state = seed, .fail = fail};
  for (int i = 0; i < cases; i++) check_copy(&c);
  return c.failures;
}
