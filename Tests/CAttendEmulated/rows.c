#define AT_EMULATE
#define at_rows_avx512 at_rows_avx512_emulated
#include "../../Sources/CAttend/src/rows_avx512.c"
