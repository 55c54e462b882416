#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <hysteron/backend.hpp>

namespace hysteron {

/// A small computation on a device, compared with the same in double precision on the CPU.
struct SelfTest {
  std::string name;      ///< "gru", "shuffle"
  std::string schedule;  ///< of its time loop; empty: it has none
  /// The largest difference over the largest value; infinite if anything is not finite.
  std::function<double(Backend& device, Backend& reference)> error;
};

struct SelfTestResult {
  std::string name, schedule;
  double error = 0;
  std::string failure = {};  ///< in words; empty: it passed

  bool passed() const { return failure.empty(); }
};

/// float on a CPU agrees with double to 1e-4, on other devices to 1e-3
/// (docs/algorithms.md#back-propagation-through-time).
double tolerance_of(const Backend& backend);

/// A shuffle, eigenvectors and a step of Adam; then every cell with each of the device's schedules, or with the given
/// one alone: back-propagation through two layers and a read-out from sequences of unequal lengths, and a warm-up's
/// gradient, which runs under constant inputs.
std::vector<SelfTest> self_tests(const Backend& device, const std::string& schedule = "auto");

/// Nothing if the schedule cannot take the cell. A device that fails throws.
std::optional<SelfTestResult> run_self_test(const SelfTest& test, Backend& device, Backend& reference);

}  // namespace hysteron
