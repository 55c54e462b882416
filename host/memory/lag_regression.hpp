#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <hysteron/memory_capacity.hpp>

#include "memory/lag_moments.hpp"

namespace hysteron {

/// Ridge regression of past inputs on states, for all lags at once. Sequences that reach back less far than others take
/// part only at the lags that they have, so that the decoders of every lag come from sequences that have it. The
/// sequences must come in order, those that reach furthest back first.
class LagRegression {
 public:
  /// ridge: in units of the states' mean variance; none: each lag gets its own, chosen on every fifth state with
  /// decoders made from the others (MemoryOptions). The final decoders are then made from all states.
  LagRegression(Backend& backend, int width, int lags, int features, std::optional<double> ridge);

  /// A state [width] and the inputs before it [reach, features], lag 0 first; reach may not grow from call to call.
  void learn(std::span<const double> state, std::span<const double> past);
  /// Call this once everything is learned. Lags that fewer than two states reach get no decoder.
  void solve();
  /// The variance of a value of the learned states, averaged over the values.
  double state_variance() const { return state_variance_; }
  /// Tests the decoders on a state that was not learned; any reach.
  void test(std::span<const double> state, std::span<const double> past);
  /// What the tests have found so far.
  MemoryCapacity result();

 private:
  std::span<const double> from_origin(std::span<const double> state);
  void solve_lags(int from, int to);
  void compare();
  std::size_t columns(int lags) const { return std::ptrdiff_t(lags) * features_; }

  Backend* backend_;
  int width_, lags_, features_;
  std::optional<double> ridge_;
  LagMoments fitted_, chosen_by_;  // four of every five states, and the fifth
  int reach_ = 0;                  // of the states learned last, or of those in the buffers
  int decoded_ = 0;                // lags that have a decoder
  std::int64_t learned_ = 0;
  double state_variance_ = 0;
  std::vector<double> origin_, moved_;        // [width]: the first state, subtracted from all to lose fewer digits
  int most_rows_, rows_ = 0;                  // of the buffers
  std::vector<double> states_, past_;         // what is tested next: [rows, width], [rows, lags * features]
  std::vector<double> mean_, constant_;       // [lags * features]: of the inputs, and of the decoders
  std::vector<double> error_, difference_;    // [lags * features]: sums of squares
  std::vector<std::int64_t> tested_;          // [lags]
  Tensor<double> state_rows_, decoded_rows_;  // [rows, width], [rows, lags * features]
  Tensor<double> decoders_;                   // [width, lags * features]
};

}  // namespace hysteron
