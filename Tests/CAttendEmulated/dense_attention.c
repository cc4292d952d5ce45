#define AT_EMULATE
#define at_dense_attention_avx512 at_dense_attention_avx512_emulated
#include "../../Sources/CAttend/src/dense_attention_avx512.c"
