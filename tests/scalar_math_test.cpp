// The inlined float functions compared with double, over a grid of floats that covers every binade.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include <hysteron/scalar_math.hpp>

namespace hysteron {

// The largest error in units of the last place of the exact value.
template <class Found, class Exact>
double worst_ulps(float largest, Found found, Exact exact) {
  double worst = 0;
  for (std::uint32_t bits = 0x2f000000; std::bit_cast<float>(bits) < largest; bits += 97)
    for (const float x : {std::bit_cast<float>(bits), -std::bit_cast<float>(bits)}) {
      const double y = exact(double(x)),
                   ulp = std::abs(std::nextafter(float(y), std::numeric_limits<float>::infinity()) - float(y));
      worst = std::max(worst, std::abs(double(found(x)) - y) / ulp);
    }
  return worst;
}

TEST(ScalarMath, InlinedFloatIsWithinAFewUlps) {
  const double exp = worst_ulps(
      87.0f, [](float x) { return inlined::exp(x); }, [](double x) { return std::exp(x); });
  const double tanh = worst_ulps(
      20.0f, [](float x) { return inlined::tanh(x); }, [](double x) { return std::tanh(x); });
  const double logistic = worst_ulps(
      80.0f, [](float x) { return sigmoid(x); }, [](double x) { return 1 / (1 + std::exp(-x)); });
  RecordProperty("exp_ulps", std::to_string(exp));
  RecordProperty("tanh_ulps", std::to_string(tanh));
  RecordProperty("sigmoid_ulps", std::to_string(logistic));
  EXPECT_LT(exp, 2);
  EXPECT_LT(tanh, 6);
  EXPECT_LT(logistic, 4);
}

TEST(ScalarMath, EndsAndNan) {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FLOAT_EQ(tangent(infinity), 1);
  EXPECT_FLOAT_EQ(tangent(-infinity), -1);
  EXPECT_EQ(tangent(0.0f), 0);
  EXPECT_EQ(sigmoid(infinity), 1);
  EXPECT_LT(sigmoid(-infinity), 1e-37f);
  EXPECT_TRUE(std::isnan(tangent(nan)));
  EXPECT_TRUE(std::isnan(sigmoid(nan)));
}

// Includes those whose bits, taken as an integer, are the largest possible.
TEST(ScalarMath, EveryNanStaysOne) {
  for (const std::uint32_t bits : {0x7fc00000U, 0x7fffffffU, 0xffffffffU, 0x7f800001U, 0xff800001U, 0x7fffff81U}) {
    const float nan = std::bit_cast<float>(bits);
    EXPECT_TRUE(std::isnan(inlined::exp(nan))) << std::hex << bits;
    EXPECT_TRUE(std::isnan(inlined::tanh(nan))) << std::hex << bits;
    EXPECT_TRUE(std::isnan(sigmoid(nan))) << std::hex << bits;
  }
}

}  // namespace hysteron
