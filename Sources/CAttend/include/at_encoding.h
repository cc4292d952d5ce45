// Encoders of the formats that weights come in: the counterpart of `at_source_to_f32`.
#pragma once
#include "at_products.h"

#ifdef __cplusplus
extern "C" {
#endif

// Whether there is an encoder: the dense formats, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K and Q6_K.
bool at_can_encode(at_source format);

// Writes `k` elements, a whole number of blocks, as `at_source_row_bytes(format, k)` bytes. An element's code depends on
// its block alone. Returns false, with `out` unspecified, when there is no encoder, when a quantized format meets an
// element that is not finite, or when a finite one is beyond the format's range.
bool at_source_from_f32(at_source format, size_t k, const float *row, void *out);

#ifdef __cplusplus
}
#endif
