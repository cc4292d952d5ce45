#define AT_EMULATE
#define at_products_amx at_products_amx_emulated
#include "../../Sources/CAttend/src/products_amx.c"
