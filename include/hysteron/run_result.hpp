#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hysteron {

/// A replica that stopped on a number that was not finite; the others went on.
struct FailedReplica {
  int replica = 0;
  std::int64_t update = 0;  ///< the gradient step
  std::string where = {};   ///< "the states of layer 1 at step 17"
};

/// How well networks that learned from sequences with targets predict. Vectors have one entry for each replica.
struct PredictionResult {
  std::vector<double> valid_loss = {};       ///< the least, whose weights are kept; not finite without validation
  std::vector<std::int64_t> best_step = {};  ///< the gradient step of those weights
  std::vector<double> test_loss = {}, test_accuracy = {};  ///< with those weights; no accuracy for regression
  std::optional<double> trivial_loss = {};                 ///< of a network that always gives the same answer
  std::optional<double> solved_loss = {};                  ///< a test loss up to this is called solved
  std::optional<double> solved_accuracy = {};              ///< or a test accuracy from this on
};

/// How well networks that learned in an environment act. Vectors have one entry for each replica; episodes are counted
/// from 0.
struct PolicyResult {
  using Episodes = std::vector<std::optional<std::int64_t>>;
  std::int64_t episodes = 0;             ///< played by each replica
  std::vector<double> last_return = {};  ///< of the greedy policy, at the end
  std::vector<double> best_return = {};  ///< of the best evaluation, whose weights are kept
  Episodes best_episode = {};            ///< of that evaluation
  Episodes first_optimal_episode = {};   ///< of the first evaluation that found the policy optimal
  Episodes optimal_episode = {};         ///< since which every evaluation found it optimal
  double optimal_return = 0;             ///< the largest possible
  double memoryless_return = 0;          ///< the largest without memory
};

/// The result of a training run: `hysteron train --json` as a struct. Vectors have one entry for each replica, or none
/// where nothing was measured; numbers that are not finite are null in JSON, and NaN when read from there.
struct RunResult {
  std::string run = {};  ///< its folder, as it was named
  std::string task = {}, cell = {}, structure = {}, init = {}, compat = {};
  int replicas = 0;
  std::int64_t steps = 0;  ///< gradient steps done
  /// The variability amongst attractors (multistability.hpp): with the parameters as drawn, before the first gradient
  /// step, and with the kept weights.
  std::vector<double> vaa_drawn = {}, vaa_start = {}, vaa_end = {};
  std::vector<FailedReplica> failures = {};
  std::vector<double> train_loss = {};           ///< the mean since the last validation or evaluation
  std::vector<std::optional<bool>> solved = {};  ///< for policies: optimal at the end; none: the task has no level
  std::optional<PredictionResult> predictions = {};
  std::optional<PolicyResult> policies = {};
  double seconds = 0;  ///< since the run began or resumed
  std::string device = {};
  std::int64_t seed = 0;  ///< replica k draws as a single-replica run with seed + k does

  /// Whether a signal ended the run before it had anything to evaluate; only run, steps, seconds, device and seed are
  /// set then.
  bool stopped() const { return !predictions && !policies; }
};

}  // namespace hysteron
