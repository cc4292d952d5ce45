#define AT_EMULATE
#define at_products_avx512 at_products_avx512_emulated
#include "../../Sources/CAttend/src/products_avx512.c"
