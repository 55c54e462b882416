#pragma once
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <hysteron/backend.hpp>
#include <hysteron/random.hpp>

// Tests that need a GPU. On a machine without one each is skipped by name, with the reason.
namespace hysteron {

/// One GPU and one CPU for all tests of the program.
struct Machine {
  std::string reason_against;
  std::unique_ptr<Backend> cpu, gpu;
};

inline Machine& machine() {
  // Never destroyed: the driver may be gone before static objects are.
  static Machine& made = *new Machine([] {
    Machine both;
    for (const BackendKind& kind : backend_kinds()) {
      if (kind.name != "cuda") continue;
      both.reason_against = kind.reason_against();
      if (!both.reason_against.empty()) return both;
      both.cpu = make_backend("cpu");
      both.gpu = make_backend("cuda");
      return both;
    }
    both.reason_against = "this build has no CUDA backend";
    return both;
  }());
  return made;
}

class OnDevice : public testing::Test {
 protected:
  void SetUp() override {
    if (!machine().reason_against.empty()) GTEST_SKIP() << machine().reason_against;
    gpu().use_schedule("auto");
  }
  static Backend& gpu() { return *machine().gpu; }
  static Backend& cpu() { return *machine().cpu; }
};

/// N(0, scale^2), the same for every backend; `what` distinguishes draws.
inline std::vector<double> drawn(std::ptrdiff_t count, double scale, std::uint64_t what) {
  Random random(17, Stream::test_of_library, what);
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = static_cast<float>(scale * random.normal());  // the same in both precisions
  return values;
}

template <class Real>
Tensor<Real> tensor_of(Backend& backend, const std::vector<double>& values) {
  Tensor<Real> tensor(backend, {static_cast<std::ptrdiff_t>(values.size())});
  tensor.from_host(std::vector<Real>(values.begin(), values.end()));
  return tensor;
}

template <class Value>
Tensor<Value> tensor_of_values(Backend& backend, const std::vector<Value>& values) {
  Tensor<Value> tensor(backend, {static_cast<std::ptrdiff_t>(values.size())});
  tensor.from_host(values);
  return tensor;
}

template <class Real>
std::vector<double> host_values(const Tensor<Real>& tensor) {
  const std::vector<Real> values = tensor.to_host();
  return {values.begin(), values.end()};
}

/// The values of a window, row by row.
template <class Real>
std::vector<double> host_values(Backend& backend, View<Real> view) {
  std::vector<double> values;
  std::vector<std::remove_const_t<Real>> row(static_cast<std::size_t>(view.columns));
  for (int replica = 0; replica < view.replicas; ++replica)
    for (std::ptrdiff_t i = 0; i < view.rows; ++i) {
      backend.copy_out(row.data(), view.at(replica, i), row.size() * sizeof(Real));
      values.insert(values.end(), row.begin(), row.end());
    }
  return values;
}

/// The largest difference divided by the largest expected value; infinite if anything is not a number.
inline double relative_error(const std::vector<double>& found, const std::vector<double>& expected) {
  if (found.size() != expected.size()) return std::numeric_limits<double>::infinity();
  double difference = 0, largest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double apart = std::abs(found[i] - expected[i]);
    difference = std::max(difference, std::isfinite(apart) ? apart : std::numeric_limits<double>::infinity());
    largest = std::max(largest, std::abs(expected[i]));
  }
  return difference == 0 ? 0 : difference / largest;
}

/// Reports how far apart they are, on stdout and in the test's record, and fails beyond the tolerance.
inline void expect_near(const std::string& what, const std::vector<double>& found, const std::vector<double>& expected,
                        double tolerance) {
  const double error = relative_error(found, expected);
  std::printf("  %-28s largest relative error %.1e (at most %.0e)\n", what.c_str(), error, tolerance);
  EXPECT_LE(error, tolerance) << what;
}

}  // namespace hysteron
