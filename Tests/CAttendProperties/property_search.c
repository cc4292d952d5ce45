#include "property_rows.h"
#include "property_support.h"

static _Thread_local const float *sorted_row;

// Largest first, ties by lower index, NaN as −∞.
static int by_value(const void *a, const void *b) {
  uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
  float x = sorted_row[i], y = sorted_row[j];
  if (x != x) x = -INFINITY;
  if (y != y) y = -INFINITY;
  return x > y ? -1 : x < y ? 1 : i < j ? -1 : i > j;
}

static float *row_to_search(check *c, size_t count) {
  float *x = random_row(c, count, 10, chance(c, 2));
  size_t shape = below(c, 6);
  for (size_t i = 0; i < count; i++) {
    if (shape == 0) x[i] = roundf(x[i]);                      // many ties
    if (shape == 1) x[i] = (float)i;                          // every one is a new maximum
    if (shape == 2) x[i] = chance(c, 3) ? NAN : -INFINITY;    // nothing to find
  }
  return x;
}

static void check_top_k(check *c, const at_row_kernels *rows) {
  size_t count = any_length(c), k = chance(c, 4) ? count : below(c, count < 60 ? count + 1 : 60);
  float *x = row_to_search(c, count);
  uint32_t *order = bytes_for(count * sizeof *order), *indices = bytes_for(k * sizeof *indices);
  for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
  sorted_row = x;
  qsort(order, count, sizeof *order, by_value);
  size_t found = at_top_k(rows, count, x, k, indices);
  if (found != k || memcmp(order, indices, k * sizeof *indices) != 0)
    report(c, "the %zu largest of %zu are wrong (%zu found)", k, count, found);
  free(x);
  free(order);
  free(indices);
}

static void check_scans(check *c, const at_row_kernels *rows) {
  size_t count = 1 + any_length(c), best = SIZE_MAX, not_finite = 0, above = 0;
  float *x = row_to_search(c, count), threshold = 10 * uniform(c);
  size_t limit = chance(c, 3) ? below(c, count) : count;
  uint32_t *indices = bytes_for(limit * sizeof *indices), *expected = bytes_for(count * sizeof *expected);
  for (size_t i = 0; i < count; i++) {
    if (x[i] == x[i] && (best == SIZE_MAX || x[i] > x[best])) best = i;
    not_finite += !isfinite(x[i]);
    if (x[i] > threshold) expected[above++] = (uint32_t)i;
  }
  if (rows->argmax(count, x) != best) report(c, "argmax of %zu is %zu, not %zu", count, rows->argmax(count, x), best);
  if (rows->count_not_finite(count, x) != not_finite) report(c, "not finite of %zu: wrong count", count);
  size_t found = rows->select_above(count, x, threshold, indices, limit);
  if (found != above || memcmp(indices, expected, (above < limit ? above : limit) * sizeof *indices) != 0)
    report(c, "%zu of %zu above the threshold, %zu found", above, count, found);
  free(x);
  free(indices);
  free(expected);
}

int at_property_search(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  check c = {.state = seed, .fail = fail};
  for (int i = 0; i < cases; i++) {
    check_top_k(&c, level->rows);
    check_scans(&c, level->rows);
  }
  return c.failures;
}
