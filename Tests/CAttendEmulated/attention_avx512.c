// Attention at the AVX-512 level, compiled to AVX2 instructions.
#define AT_EMULATE
#define at_attention_avx512 at_attention_avx512_emulated
#include "../../Sources/CAttend/src/attention_avx512.c"
