#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include <hysteron/portable.hpp>

namespace hysteron {

// float on the host: straight-line arithmetic without calls or branches, so that the loop around a cell vectorizes.
// NaN stays NaN. For the errors of all floats against double see tests/scalar_math_test.cpp.
namespace inlined {

// exp(x) = 2^n e^r, |r| <= ln(2)/2; the polynomial is Cephes' expf.
inline float exp(float x) {
  x = x > 88.0f ? 88.0f : x;
  x = x < -87.0f ? -87.0f : x;
  constexpr float round = 12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  const float shifted = x * 1.44269504088896341f + round;
  const float n = shifted - round;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  return p * std::bit_cast<float>((std::bit_cast<std::uint32_t>(shifted) + 127U) << 23U);  // for a NaN p is one too
}

// A rational function of degree 13 over 6 (Eigen's), exact up to the last bits, as far as where tanh in float is 1.
inline float tanh(float x) {
  x = x > 7.90531110763549805f ? 7.90531110763549805f : x;
  x = x < -7.90531110763549805f ? -7.90531110763549805f : x;
  const float q = x * x;
  float p = -2.76076847742355e-16f;
  p = p * q + 2.00018790482477e-13f;
  p = p * q + -8.60467152213735e-11f;
  p = p * q + 5.12229709037114e-08f;
  p = p * q + 1.48572235717979e-05f;
  p = p * q + 6.37261928875436e-04f;
  p = p * q + 4.89352455891786e-03f;
  float d = 1.19825839466702e-06f;
  d = d * q + 1.18534705686654e-04f;
  d = d * q + 2.26843463243900e-03f;
  d = d * q + 4.89352518554385e-03f;
  return x * p / d;
}

}  // namespace inlined

template <class Real>
HYSTERON_HD inline Real exponential(Real x) {
  if constexpr (std::is_same_v<Real, float> && !on_device)
    return inlined::exp(x);
  else
    return std::exp(x);
}

template <class Real>
HYSTERON_HD inline Real tangent(Real x) {  // hyperbolic
  if constexpr (std::is_same_v<Real, float> && !on_device)
    return inlined::tanh(x);
  else
    return std::tanh(x);
}

template <class Real>
HYSTERON_HD inline Real sigmoid(Real x) {
  return Real(1) / (Real(1) + exponential(-x));
}

// Both slopes are written in terms of the function's value: backward keeps values, never arguments.
template <class Real>
HYSTERON_HD inline Real sigmoid_slope(Real value) {
  return value * (Real(1) - value);
}

template <class Real>
HYSTERON_HD inline Real tanh_slope(Real value) {
  return Real(1) - value * value;
}

}  // namespace hysteron
