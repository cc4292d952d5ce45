#define AT_EMULATE
#define at_attention_avx512 at_attention_avx512_emulated
#define at_attention_amx at_attention_amx_emulated
#include "../../Sources/CAttend/src/attention_amx.c"
