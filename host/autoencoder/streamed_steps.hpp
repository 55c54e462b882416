#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "autoencoder/state_file.hpp"

namespace hysteron {

/// The steps that a solver has seen and not kept. Their mean is known only at the end; until then a provisional one,
/// the mean of the first sequences added, is subtracted from them.
class StreamedSteps {
 public:
  StreamedSteps() = default;
  /// From a saved state, whose longest sequence must have at least `least_longest` steps.
  explicit StreamedSteps(const StateReader& state, int least_longest = 0);
  void put(StateWriter& state) const;

  void add(const Sequences& sequences);
  /// Adds the other's steps. Returns the shift [features] that takes sums about the other's provisional mean to sums
  /// about this one's. Throws a usage error when the features differ.
  std::vector<double> merge(const StreamedSteps& other);

  bool empty() const { return features_ == 0; }
  int features() const { return features_; }
  int longest() const { return longest_; }  ///< in steps
  std::int64_t sequences() const { return sequences_; }
  std::int64_t steps() const { return steps_; }
  const std::vector<double>& provisional_mean() const { return provisional_; }  ///< [features]
  std::vector<double> mean() const;                                             ///< [features]
  std::vector<double> mean_less_provisional() const;                            ///< [features]

 private:
  int features_ = 0, longest_ = 0;
  std::int64_t sequences_ = 0, steps_ = 0;
  std::vector<double> provisional_;  // [features]
  std::vector<double> sums_;         // [features]: of all steps, less the provisional mean
};

}  // namespace hysteron
