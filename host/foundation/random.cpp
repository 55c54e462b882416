#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include <hysteron/philox.hpp>
#include <hysteron/random.hpp>

namespace hysteron {

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 2> key, std::array<std::uint32_t, 4> counter) {
  const PhiloxWords drawn = philox_words(static_cast<std::uint64_t>(key[1]) << 32 | key[0],
                                         {{counter[0], counter[1], counter[2], counter[3]}});
  return {drawn.words[0], drawn.words[1], drawn.words[2], drawn.words[3]};
}

Random::Random(std::uint64_t seed, Stream stream, std::uint64_t step)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      counter_{0, static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(step),
               static_cast<std::uint32_t>(step >> 32)} {}

std::uint32_t Random::bits() {
  if (used_ == 4) {
    words_ = philox(key_, counter_);
    ++counter_[0];
    used_ = 0;
  }
  return words_[static_cast<std::size_t>(used_++)];
}

double Random::uniform() {
  const std::uint64_t high = bits() >> 5, low = bits() >> 6;
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

double Random::uniform(double from, double to) { return from + (to - from) * uniform(); }

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2 * std::log(1 - uniform())), angle = 2 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

std::int64_t Random::below(std::int64_t count) {
  const auto range = static_cast<std::uint64_t>(count);
  const std::uint64_t unbiased = ~std::uint64_t{0} - ~std::uint64_t{0} % range;  // a multiple of the range
  while (true) {
    const std::uint64_t high = bits(), word = high << 32 | bits();
    if (word < unbiased) return static_cast<std::int64_t>(word % range);
  }
}

std::vector<int> Random::permutation(int count) {
  std::vector<int> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (int i = count - 1; i > 0; --i)
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(below(i + 1))]);
  return order;
}

}  // namespace hysteron
