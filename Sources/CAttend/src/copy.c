// Copies a strided array to contiguous memory: long runs by memcpy, transposes in blocks, the rest one by one.
#include "at_rows.h"

#include <string.h>

enum { AT_MOST_RANK = 8 };

// Elements of any type are moved as integers of their size.
typedef uint8_t __attribute__((may_alias)) bits8;
typedef uint16_t __attribute__((may_alias)) bits16;
typedef uint32_t __attribute__((may_alias)) bits32;
typedef uint64_t __attribute__((may_alias)) bits64;

typedef struct layout {
  int rank;
  size_t shape[AT_MOST_RANK];
  ptrdiff_t strides[AT_MOST_RANK];
} layout;

// Drops dimensions of one element and joins neighbours that one stride covers.
static layout simplify(int rank, const size_t *shape, const ptrdiff_t *strides) {
  layout l = {0};
  for (int i = 0; i < rank; i++) {
    if (shape[i] == 1) continue;
    if (l.rank > 0 && l.strides[l.rank - 1] == strides[i] * (ptrdiff_t)shape[i]) {
      l.shape[l.rank - 1] *= shape[i];
    } else {
      l.shape[l.rank++] = shape[i];
    }
    l.strides[l.rank - 1] = strides[i];
  }
  return l;
}

// ---- one run of elements ---------------------------------------------------------------------------

#define AT_RUN(width)                                                                                           \
  static void run##width(size_t count, const void *from, ptrdiff_t stride, void *to) {                          \
    const bits##width *source = from;                                                                           \
    bits##width *target = to;                                                                                   \
    for (size_t i = 0; i < count; i++) target[i] = source[(ptrdiff_t)i * stride];                               \
  }
AT_RUN(8)
AT_RUN(16)
AT_RUN(32)
AT_RUN(64)
#undef AT_RUN

static void copy_run(size_t size, size_t count, const void *from, ptrdiff_t stride, void *to) {
  if (stride == 1) {
    memcpy(to, from, count * size);
    return;
  }
  switch (size) {
    case 1: run8(count, from, stride, to); break;
    case 2: run16(count, from, stride, to); break;
    case 4: run32(count, from, stride, to); break;
    default: run64(count, from, stride, to); break;
  }
}

// ---- transposes ------------------------------------------------------------------------------------

typedef uint32_t quad __attribute__((ext_vector_type(4)));
typedef uint64_t pair __attribute__((ext_vector_type(2)));

// to[i·to_row + j] = from[i + j·from_column] for i < 4, j < 4.
static inline void transpose_4x4(const bits32 *from, ptrdiff_t from_column, bits32 *to, size_t to_row) {
  quad c[4];
  for (int j = 0; j < 4; j++) memcpy(&c[j], from + j * from_column, sizeof c[j]);
  quad a = __builtin_shufflevector(c[0], c[1], 0, 4, 1, 5), b = __builtin_shufflevector(c[2], c[3], 0, 4, 1, 5);
  quad d = __builtin_shufflevector(c[0], c[1], 2, 6, 3, 7), e = __builtin_shufflevector(c[2], c[3], 2, 6, 3, 7);
  quad r[4] = {__builtin_shufflevector(a, b, 0, 1, 4, 5), __builtin_shufflevector(a, b, 2, 3, 6, 7),
               __builtin_shufflevector(d, e, 0, 1, 4, 5), __builtin_shufflevector(d, e, 2, 3, 6, 7)};
  for (size_t i = 0; i < 4; i++) memcpy(to + i * to_row, &r[i], sizeof r[i]);
}

static inline void transpose_2x2(const bits64 *from, ptrdiff_t from_column, bits64 *to, size_t to_row) {
  pair c0, c1;
  memcpy(&c0, from, sizeof c0);
  memcpy(&c1, from + from_column, sizeof c1);
  pair r0 = __builtin_shufflevector(c0, c1, 0, 2), r1 = __builtin_shufflevector(c0, c1, 1, 3);
  memcpy(to, &r0, sizeof r0);
  memcpy(to + to_row, &r1, sizeof r1);
}

static inline void transpose_16(const bits16 *from, ptrdiff_t from_column, bits16 *to, size_t to_row) {
  (void)from_column, (void)to_row;
  *to = *from;
}

static inline void transpose_8(const bits8 *from, ptrdiff_t from_column, bits8 *to, size_t to_row) {
  (void)from_column, (void)to_row;
  *to = *from;
}

#define AT_SMALLER(a, b) ((a) < (b) ? (a) : (b))

// rows × columns in tiles of 16 × 64 whose lines stay in the first-level cache: source runs along the rows.
#define AT_TRANSPOSE(width, step, kernel)                                                                       \
  static void transpose##width(size_t rows, size_t columns, const bits##width *from, ptrdiff_t from_column,     \
                              bits##width *to, size_t to_row) {                                                 \
    for (size_t r = 0; r < rows; r += 16) {                                                                     \
      size_t last_row = AT_SMALLER(r + 16, rows);                                                               \
      for (size_t c = 0; c < columns; c += 64) {                                                                \
        size_t last_column = AT_SMALLER(c + 64, columns), i = r;                                                \
        for (; i + step <= last_row; i += step) {                                                               \
          size_t j = c;                                                                                         \
          for (; j + step <= last_column; j += step)                                                            \
            kernel(from + i + (ptrdiff_t)j * from_column, from_column, to + i * to_row + j, to_row);            \
          for (; j < last_column; j++)                                                                          \
            for (size_t k = i; k < i + step; k++)                                                               \
              to[k * to_row + j] = from[(ptrdiff_t)k + (ptrdiff_t)j * from_column];                             \
        }                                                                                                       \
        for (; i < last_row; i++)                                                                               \
          for (size_t j = c; j < last_column; j++)                                                              \
            to[i * to_row + j] = from[(ptrdiff_t)i + (ptrdiff_t)j * from_column];                               \
      }                                                                                                         \
    }                                                                                                           \
  }
AT_TRANSPOSE(8, 1, transpose_8)
AT_TRANSPOSE(16, 1, transpose_16)
AT_TRANSPOSE(32, 4, transpose_4x4)
AT_TRANSPOSE(64, 2, transpose_2x2)
#undef AT_TRANSPOSE

// ---- the whole array -------------------------------------------------------------------------------

typedef struct copy {
  size_t size;
  layout from;
  size_t to_strides[AT_MOST_RANK];
  int transposed;  // the dimension that is contiguous in the source, when the last one is not; −1: none
} copy;

static void copy_dimension(const copy *c, int dimension, const char *from, char *to) {
  int last = c->from.rank - 1;
  if (dimension == last) {
    if (c->transposed < 0) {
      copy_run(c->size, c->from.shape[last], from, c->from.strides[last], to);
      return;
    }
    size_t rows = c->from.shape[c->transposed], columns = c->from.shape[last], to_row = c->to_strides[c->transposed];
    ptrdiff_t from_column = c->from.strides[last];
    const void *source = from;
    void *target = to;
    switch (c->size) {
      case 1: transpose8(rows, columns, source, from_column, target, to_row); break;
      case 2: transpose16(rows, columns, source, from_column, target, to_row); break;
      case 4: transpose32(rows, columns, source, from_column, target, to_row); break;
      default: transpose64(rows, columns, source, from_column, target, to_row); break;
    }
    return;
  }
  if (dimension == c->transposed) {
    copy_dimension(c, dimension + 1, from, to);
    return;
  }
  ptrdiff_t from_step = c->from.strides[dimension] * (ptrdiff_t)c->size;
  size_t to_step = c->to_strides[dimension] * c->size;
  for (size_t i = 0; i < c->from.shape[dimension]; i++)
    copy_dimension(c, dimension + 1, from + (ptrdiff_t)i * from_step, to + i * to_step);
}

void at_copy_strided(size_t element_size, int rank, const size_t *shape, const ptrdiff_t *strides, const void *from,
                     void *to) {
  for (int i = 0; i < rank; i++)
    if (shape[i] == 0) return;
  copy c = {.size = element_size, .from = simplify(rank, shape, strides), .transposed = -1};
  if (c.from.rank == 0) {
    memcpy(to, from, element_size);
    return;
  }
  size_t stride = 1;
  for (int i = c.from.rank - 1; i >= 0; i--) {
    c.to_strides[i] = stride;
    stride *= c.from.shape[i];
  }
  int last = c.from.rank - 1;
  if (c.from.strides[last] != 1)
    for (int i = 0; i < last; i++)
      if (c.from.strides[i] == 1) c.transposed = i;
  copy_dimension(&c, 0, from, to);
}
