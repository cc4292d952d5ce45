#pragma once
#include "CAttend.h"

// Properties of products. Each returns how many checks failed and describes the failures through `fail`.

// Packed matrices of every form and source: rows come back exactly; products agree with double precision within what
// the form may lose; row i of m rows is bitwise the row alone; epilogues are the row kernels; a row that is not finite
// shows it and leaves the others alone; nothing is written beside the result.
int at_property_products(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
// at_matmul_f32 with any strides against double precision, row by row and accumulating.
int at_property_matmul(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
