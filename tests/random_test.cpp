// Random numbers: Philox compared with its authors' known answers, and what is drawn from it.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <hysteron/random.hpp>

namespace hysteron {
namespace {

using Words = std::array<std::uint32_t, 4>;

// kat_vectors of Random123 (Salmon et al. 2011), philox4x32 of 10 rounds.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox({0, 0}, {0, 0, 0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox({ones, ones}, {ones, ones, ones, ones}), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0xa4093822, 0x299f31d0}, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// The counter is (number drawn / 4, stream, step), the key is the seed: drawn numbers may not change from release to
// release, since a run is named by its seed.
TEST(Random, WordsAreThoseOfPhilox) {
  Random random(0x0123456789abcdef, Stream::shuffle, 0x1122334455667788);
  for (std::uint32_t block = 0; block < 3; ++block) {
    const Words words = philox({0x89abcdef, 0x01234567}, {block, 2, 0x55667788, 0x11223344});
    for (const std::uint32_t word : words) EXPECT_EQ(random.bits(), word);
  }
}

TEST(Random, BelowTakesTheHigherWordFirst) {
  Random words(5, Stream::test_of_library), numbers(5, Stream::test_of_library);
  const std::uint64_t high = words.bits(), low = words.bits();
  constexpr std::int64_t range = std::int64_t{1} << 53;  // hardly any word is rejected
  EXPECT_EQ(numbers.below(range), static_cast<std::int64_t>((high << 32 | low) % static_cast<std::uint64_t>(range)));
}

TEST(Random, SeedStreamAndStepMakeOtherDraws) {
  const auto draws = [](std::uint64_t seed, Stream stream, std::uint64_t step) {
    Random random(seed, stream, step);
    std::vector<std::uint32_t> words(8);
    for (std::uint32_t& word : words) word = random.bits();
    return words;
  };
  std::set<std::vector<std::uint32_t>> different;
  int made = 0;
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32})
    for (int stream = 1; stream <= 13; ++stream)
      for (const std::uint64_t step : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32}) {
        different.insert(draws(seed, static_cast<Stream>(stream), step));
        EXPECT_EQ(draws(seed, static_cast<Stream>(stream), step), draws(seed, static_cast<Stream>(stream), step));
        ++made;
      }
  EXPECT_EQ(static_cast<int>(different.size()), made);
}

// Sample moments of n draws are within five standard errors of the true ones, except once in a million seeds; the seed
// is fixed.
template <class Draw>
std::vector<double> moments(int count, const Draw& draw) {
  std::vector<double> sums(4);
  for (int i = 0; i < count; ++i) {
    const double value = draw();
    for (std::size_t power = 0; power < 4; ++power) sums[power] += std::pow(value, double(power + 1)) / count;
  }
  return sums;
}

TEST(Random, UniformMoments) {
  Random random(1, Stream::test_of_library);
  constexpr int count = 200'000;
  const std::vector<double> found = moments(count, [&] {
    const double value = random.uniform();
    EXPECT_TRUE(value >= 0 && value < 1);
    return value;
  });
  for (int power = 1; power <= 4; ++power) {
    const double mean = 1.0 / (power + 1), variance = 1.0 / (2 * power + 1) - mean * mean;
    EXPECT_NEAR(found[static_cast<std::size_t>(power - 1)], mean, 5 * std::sqrt(variance / count)) << power;
  }
}

TEST(Random, UniformHasFiftyThreeBits) {
  Random random(2, Stream::test_of_library);
  bool last_bit = false;
  for (int i = 0; i < 64; ++i) {
    const double whole = random.uniform() * 0x1p53;
    EXPECT_EQ(whole, std::floor(whole));
    last_bit = last_bit || std::fmod(whole, 2) == 1;
  }
  EXPECT_TRUE(last_bit);
}

TEST(Random, UniformBetween) {
  Random random(3, Stream::test_of_library);
  double least = 1e9, most = -1e9;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.uniform(-3, 5);
    least = std::min(least, value), most = std::max(most, value);
  }
  EXPECT_GE(least, -3);
  EXPECT_LT(least, -2.99);
  EXPECT_LT(most, 5);
  EXPECT_GT(most, 4.99);
}

TEST(Random, NormalMoments) {
  Random random(4, Stream::test_of_library);
  constexpr int count = 200'000;
  const std::vector<double> found = moments(count, [&] { return random.normal(); });
  const double right[] = {0, 1, 0, 3}, variance[] = {1, 2, 15, 96};  // for x, x^2, x^3, x^4
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(found[i], right[i], 5 * std::sqrt(variance[i] / count)) << i + 1;
}

// The two values of a Box-Muller pair come from one radius: they must not be correlated.
TEST(Random, NeighboringNormalsAreUncorrelated) {
  Random random(6, Stream::test_of_library);
  constexpr int count = 100'000;
  double sum = 0, squares = 0;
  for (int i = 0; i < count; ++i) {
    const double a = random.normal(), b = random.normal();
    sum += a * b, squares += (a * a - 1) * (b * b - 1);
  }
  EXPECT_NEAR(sum / count, 0, 5 / std::sqrt(double(count)));
  EXPECT_NEAR(squares / count, 0, 10 / std::sqrt(double(count)));
}

TEST(Random, BelowIsUnbiased) {
  Random random(7, Stream::test_of_library);
  constexpr int count = 70'000;
  std::vector<int> seen(7);
  for (int i = 0; i < count; ++i) ++seen.at(static_cast<std::size_t>(random.below(7)));
  double chi_square = 0;
  for (const int times : seen) chi_square += (times - count / 7.0) * (times - count / 7.0) / (count / 7.0);
  EXPECT_LT(chi_square, 35.9);  // with 6 degrees of freedom: exceeded once in 300,000
  EXPECT_EQ(random.below(1), 0);
}

// A range of 3/4 of all words: reduced without rejection, the lower third would come up twice as often as the rest.
TEST(Random, BelowOfAWideRangeIsUnbiased) {
  Random random(8, Stream::test_of_library);
  constexpr std::int64_t range = 3 * (std::int64_t{1} << 61);
  constexpr int count = 30'000;
  int lower = 0;
  for (int i = 0; i < count; ++i) {
    const std::int64_t value = random.below(range);
    ASSERT_TRUE(value >= 0 && value < range);
    lower += value < range / 3;
  }
  EXPECT_NEAR(lower / double(count), 1 / 3.0, 5 * std::sqrt(2 / 9.0 / count));
}

TEST(Random, PermutationsHoldEveryNumberOnceAndAreEquallyLikely) {
  Random random(9, Stream::test_of_library);
  std::vector<int> sorted(1000);
  std::iota(sorted.begin(), sorted.end(), 0);
  std::vector<int> order = random.permutation(1000);
  EXPECT_NE(order, sorted);
  std::sort(order.begin(), order.end());
  EXPECT_EQ(order, sorted);
  EXPECT_TRUE(random.permutation(0).empty());

  constexpr int count = 24'000;
  std::vector<int> seen(64);
  for (int i = 0; i < count; ++i) {
    const std::vector<int> four = random.permutation(4);
    ++seen[static_cast<std::size_t>(four[0] * 16 + four[1] * 4 + four[2])];
  }
  int different = 0;
  double chi_square = 0;
  for (const int times : seen) {
    if (times == 0) continue;
    ++different;
    chi_square += (times - 1000.0) * (times - 1000.0) / 1000.0;
  }
  EXPECT_EQ(different, 24);
  EXPECT_LT(chi_square, 65);  // with 23 degrees of freedom: exceeded once in 100,000
}

}  // namespace
}  // namespace hysteron
