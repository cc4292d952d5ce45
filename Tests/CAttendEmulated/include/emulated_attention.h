#pragma once
#include "CAttend.h"

#if defined(__x86_64__)
extern const at_attention_kernels at_attention_avx512_emulated, at_attention_amx_emulated;
#endif
