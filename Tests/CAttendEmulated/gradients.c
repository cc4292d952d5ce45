#define AT_EMULATE
#define at_gradients_avx512 at_gradients_avx512_emulated
#include "../../Sources/CAttend/src/gradients_avx512.c"
