#pragma once
#include "CAttend.h"

// Recurrent layers forward and backward, every cell, in both directions, over sequences of different and no length:
// against double precision written step by step; and each sequence is bitwise what it is alone.
int at_property_recurrent(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
// The same bits with one thread and with several. Changes the number of threads, which belongs to the process.
int at_property_recurrent_threads(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message));
