#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "at_products.h"

// Writes x in half precision and gives back the number that is kept; false when it is beyond half precision.
bool at_put_half(float x, uint8_t *bytes, float *kept);

// One block of 256, all finite. False when a scale is beyond half precision.
bool at_encode_superblock(at_source format, const float *x, uint8_t *unit);
