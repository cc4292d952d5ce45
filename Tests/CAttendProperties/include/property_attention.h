#pragma once
#include "CAttend.h"
int at_property_attention(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
// Dense attention, forward and backward, against the portable level.
int at_property_dense_attention(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
