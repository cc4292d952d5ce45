#pragma once
#include "CAttend.h"

// Properties of the row kernels of a level over random rows, odd, empty and one-element ones included. Each returns
// how many checks failed and describes the failures through `fail`.

// Unary, binary and gated functions: within a few units in the last place of the portable level, an element's result
// does not depend on where it stands, and the special values come out alike.
int at_property_elementwise(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
// Reductions, softmax, norms and rotary positions: agreement with the portable level, and every row of a call is bitwise
// the row alone.
int at_property_normalize(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
// Conversions, of every 16-bit number and of random floats: bitwise the portable level.
int at_property_convert(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
// Random bits and dropout are those of the portable level; updates of parameters agree with it and do not depend on place.
int at_property_training(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
// Derivatives: agreement with the portable level; sums over rows do not depend on how rows are cut into calls.
int at_property_gradients(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
// argmax, counting, selection and the k largest against a full sort.
int at_property_search(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
// Strided copies against an index at a time. The same at every level.
int at_property_copy(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
