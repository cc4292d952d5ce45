#pragma once
#include "CAttend.h"

// Properties of the thread pool and of memory; the level does not matter. They return how many checks failed.

// Every index of a region is visited once: nested, from several threads at once, while the pool is resized, after fork.
int at_property_pool(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
// Blocks are aligned, disjoint and found again; statistics add up; threads may free each other's blocks.
int at_property_memory(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
