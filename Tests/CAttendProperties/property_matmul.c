// at_matmul_f32 with any strides against double precision.
#include "property_products.h"
#include "property_support.h"

int at_property_matmul(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  check c = {.state = seed, .fail = fail};
  for (int t = 0; t < cases; t++) {
    size_t m = chance(&c, 6) ? below(&c, 400) : below(&c, 20), n = chance(&c, 20) ? below(&c, 1500) : below(&c, 70);
    size_t k = chance(&c, 20) ? below(&c, 5000) : below(&c, 70);
    bool tall_a = chance(&c, 2), tall_b = chance(&c, 2), accumulate = chance(&c, 2);
    size_t pad = below(&c, 3), c_row = n + pad;
    // Columns that are apart, rows that run backwards: any strides.
    ptrdiff_t a_row = tall_a ? 1 : (ptrdiff_t)(k + pad), a_column = tall_a ? (ptrdiff_t)(m + pad) : 1;
    ptrdiff_t b_row = tall_b ? 1 : (ptrdiff_t)(n + pad), b_column = tall_b ? (ptrdiff_t)(k + pad) : 1;
    float *a_memory = random_row(&c, (m + pad) * (k + pad), 1, false), *a = a_memory;
    float *b = random_row(&c, (n + pad) * (k + pad), 1, false);
    if (!tall_a && m > 0 && chance(&c, 4)) a = a_memory + (m - 1) * (k + pad), a_row = -a_row;
    float *before = random_row(&c, m * c_row, 1, false), *out = floats_for(m * c_row), *alone = floats_for(m * c_row);
    memcpy(out, before, m * c_row * sizeof(float));
    memcpy(alone, before, m * c_row * sizeof(float));
    at_matmul_f32(level, m, n, k, a, a_row, a_column, b, b_row, b_column, out, (ptrdiff_t)c_row, accumulate);
    bool right = true, beside = true;
    for (size_t i = 0; i < m; i++) {
      for (size_t j = 0; j < n && right; j++) {
        double sum = accumulate ? before[i * c_row + j] : 0, magnitude = fabs(sum);
        for (size_t l = 0; l < k; l++) {
          double product = (double)a[(ptrdiff_t)i * a_row + (ptrdiff_t)l * a_column] *
                           b[(ptrdiff_t)l * b_row + (ptrdiff_t)j * b_column];
          sum += product, magnitude += fabs(product);
        }
        right = fabs(out[i * c_row + j] - sum) <= 2e-6 * magnitude + 1e-30;
      }
      beside = beside && same_bits(pad, out + i * c_row + n, before + i * c_row + n);
    }
    for (size_t i = 0; i < m; i++)
      at_matmul_f32(level, 1, n, k, a + (ptrdiff_t)i * a_row, a_row, a_column, b, b_row, b_column, alone + i * c_row,
                    (ptrdiff_t)c_row, accumulate);
    const char *what = !right ? "differs from double precision" : !beside ? "writes beside its rows"
                       : same_bits(m * c_row, out, alone) ? NULL : "has rows that depend on their neighbours";
    if (what)
      report(&c, "matmul %zu×%zu×%zu (transposed %d %d, accumulate %d) %s", m, k, n, tall_a, tall_b, accumulate, what);
    free(a_memory), free(b), free(before), free(out), free(alone);
  }
  return c.failures;
}
