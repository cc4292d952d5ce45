// The levels that few machines have, compiled to instructions that every x86-64 processor with AVX2 has: their logic
// runs anywhere, slowly. For tests only.
#pragma once
#include "CAttend.h"

// AT_ISA_AVX512 or AT_ISA_AMX; NULL for the others and on processors without AVX2.
const at_kernels *at_kernels_emulated(at_isa level);
