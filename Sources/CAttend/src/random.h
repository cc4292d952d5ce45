// Philox4x32-10 (Salmon et al. 2011): element `index` of a stream of 32-bit numbers. The same as RandomKey in AttendBase.
#pragma once
#include <stdint.h>

static inline void at_philox(uint32_t word[4], uint64_t key) {
  uint32_t key0 = (uint32_t)key, key1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t first = (uint64_t)word[0] * 0xD2511F53u, second = (uint64_t)word[2] * 0xCD9E8D57u;
    word[0] = (uint32_t)(second >> 32) ^ word[1] ^ key0;
    word[1] = (uint32_t)second;
    word[2] = (uint32_t)(first >> 32) ^ word[3] ^ key1;
    word[3] = (uint32_t)first;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

static inline uint32_t at_random_bits(uint64_t seed, uint64_t stream, uint64_t index) {
  uint64_t block = index >> 2;
  uint32_t word[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
  at_philox(word, seed);
  return word[index & 3];
}
