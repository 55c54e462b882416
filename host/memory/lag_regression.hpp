#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <hysteron/memory_capacity.hpp>

#include "memory/lag_moments.hpp"

namespace hysteron {

/// Ridge regression of past inputs on states, all lags at once. Sequences that reach back less far than others take
/// part at the lags that they have, so that every lag has decoders of its own sequences: they come in order, those that
/// reach furthest first.
class LagRegression {
 public:
  /// ridge: in units of the states' mean variance; none: of each lag its own, chosen on every fifth state when the
  /// others make the decoders (MemoryOptions). Decoders are made of all states then.
  LagRegression(Backend& backend, int width, int lags, int features, std::optional<double> ridge);

  /// A state [width] and the inputs before it [reach, features], lag 0 first; reach may not grow from call to call.
  void learn(std::span<const double> state, std::span<const double> past);
  /// Once all is learned. Lags that fewer than two states reach stay without a decoder.
  void solve();
  /// The mean variance of a value of the states learned.
  double state_variance() const { return state_variance_; }
  /// How well the decoders do on a state that was not learned; any reach.
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
  LagMoments fitted_, chosen_by_;  // of every five states four, and one
  int reach_ = 0;                  // of the states learned last, or of those in the buffers
  int decoded_ = 0;                // lags that have a decoder
  std::int64_t learned_ = 0;
  double state_variance_ = 0;
  std::vector<double> origin_, moved_;   // [width]: the first state, from which others are counted to lose less digits
  int most_rows_, rows_ = 0;             // of the buffers
  std::vector<double> states_, past_;    // what is tested next: [rows, width], [rows, lags * features]
  std::vector<double> mean_, constant_;  // [lags * features]: of the inputs, and of the decoders
  std::vector<double> error_, difference_;    // [lags * features]: sums of squares
  std::vector<std::int64_t> tested_;          // [lags]
  Tensor<double> state_rows_, decoded_rows_;  // [rows, width], [rows, lags * features]
  Tensor<double> decoders_;                   // [width, lags * features]
};

}  // namespace hysteron
