#pragma once
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <hysteron/backend.hpp>

#include "cuda_emulator.hpp"

namespace hysteron {

// A kernel beside the CPU's operation of the same name: both get copies of the same numbers.

/// Values of any type, not-a-number until they are computed.
template <class Value>
std::vector<Value> unwritten(std::ptrdiff_t count) {
  return std::vector<Value>(static_cast<std::size_t>(count), Value(NAN));
}

template <class Value>
std::vector<Value> drawn(std::mt19937& random, std::ptrdiff_t count, double scale = 1) {
  std::normal_distribution<double> normal(0, scale);
  std::vector<Value> values(static_cast<std::size_t>(count));
  for (Value& value : values) value = Value(normal(random));
  return values;
}

/// One matrix after the other, each with `rows` rows of `columns` values, at a row distance of `pitch`.
template <class Value>
View<Value> window(std::vector<std::remove_const_t<Value>>& values, int replicas, std::ptrdiff_t rows,
                   std::ptrdiff_t columns, std::ptrdiff_t pitch = 0) {
  if (pitch == 0) pitch = columns;
  return {values.data(), replicas, rows, columns, rows * pitch, pitch};
}

/// Where one is not a number, the other is not one either.
template <class Value>
void expect_near(const char* what, const std::vector<Value>& found, const std::vector<Value>& expected,
                 double tolerance) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (std::size_t at = 0; at < found.size(); ++at) {
    const double one = double(found[at]), other = double(expected[at]);
    ASSERT_EQ(std::isnan(one), std::isnan(other)) << what << "[" << at << "] " << one << " " << other;
    if (std::isnan(one) || one == other) continue;
    ASSERT_NEAR(one, other, tolerance * std::max(1.0, std::abs(other))) << what << "[" << at << "]";
  }
}

template <class Real>
constexpr double rounding() {
  return sizeof(Real) == 4 ? 2e-6 : 1e-13;
}

template <class Real>
class OperationsPair : public testing::Test {
 protected:
  std::mt19937 random{7};
  Operations<Real>& cpu() { return operations_of<Real>(*backend_); }

 private:
  std::unique_ptr<Backend> backend_ = make_backend("cpu", 1);
};

using Precisions = testing::Types<float, double>;

}  // namespace hysteron
