#pragma once
#include <hysteron/philox.hpp>
#include <hysteron/random.hpp>

namespace hysteron {

/// The key by which a replica's shuffles are sorted: two words of Random(seed, Stream::shuffle, epoch) for each number,
/// the higher first.
HYSTERON_HD inline std::uint64_t shuffle_key(std::uint64_t seed, std::uint64_t epoch, int number) {
  const PhiloxWords drawn = philox_words(seed, {{std::uint32_t(number / 2), std::uint32_t(Stream::shuffle),
                                                 std::uint32_t(epoch), std::uint32_t(epoch >> 32)}});
  const int first = number % 2 * 2;
  return std::uint64_t(drawn.words[first]) << 32 | drawn.words[first + 1];
}

}  // namespace hysteron
