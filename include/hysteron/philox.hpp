#pragma once
#include <cstdint>

#include <hysteron/portable.hpp>

namespace hysteron {

struct PhiloxWords {
  std::uint32_t words[4];
};

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four random words from a key
/// and a counter. The same on every machine and device.
HYSTERON_HD inline PhiloxWords philox_words(std::uint64_t key, PhiloxWords counter) {
  std::uint32_t low = std::uint32_t(key), high = std::uint32_t(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t(0xD2511F53) * counter.words[0],
                        b = std::uint64_t(0xCD9E8D57) * counter.words[2];
    counter = {{std::uint32_t(b >> 32) ^ counter.words[1] ^ low, std::uint32_t(b),
                std::uint32_t(a >> 32) ^ counter.words[3] ^ high, std::uint32_t(a)}};
    low += 0x9E3779B9;
    high += 0xBB67AE85;
  }
  return counter;
}

}  // namespace hysteron
