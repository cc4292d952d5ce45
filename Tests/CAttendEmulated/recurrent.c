#define AT_EMULATE
#define at_recurrent_avx512 at_recurrent_avx512_emulated
#include "../../Sources/CAttend/src/recurrent_avx512.c"
