// Philox on vectors: AT_LANES blocks at once. Include after simd.h; see random.h.
#pragma once

typedef uint64_t vq __attribute__((ext_vector_type(AT_LANES / 2)));

// The two halves of the products of 32-bit numbers with a factor.
AT_INLINE void vu_multiply(vu x, uint32_t factor, vu *low, vu *high) {
  vq even = ((vq)x & 0xffffffffu) * (uint64_t)factor, odd = ((vq)x >> 32) * (uint64_t)factor;
  *low = (vu)((even & 0xffffffffu) | (odd << 32));
  *high = (vu)((even >> 32) | (odd & ~(uint64_t)0xffffffffu));
}

AT_INLINE void vu_philox(vu word[4], uint64_t key) {
  uint32_t key0 = (uint32_t)key, key1 = (uint32_t)(key >> 32);
#pragma clang loop unroll(full)
  for (int round = 0; round < 10; round++) {
    vu first_low, first_high, second_low, second_high;
    vu_multiply(word[0], 0xD2511F53u, &first_low, &first_high);
    vu_multiply(word[2], 0xCD9E8D57u, &second_low, &second_high);
    word[0] = second_high ^ word[1] ^ key0;
    word[1] = second_low;
    word[2] = first_high ^ word[3] ^ key1;
    word[3] = first_low;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}
