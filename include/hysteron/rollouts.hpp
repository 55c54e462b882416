#pragma once
#include <functional>
#include <span>
#include <vector>

#include <hysteron/environment.hpp>
#include <hysteron/model.hpp>
#include <hysteron/unrolled.hpp>

namespace hysteron {

/// Episodes played by the networks, all replicas side by side: each step reads one input and carries the states on.
template <class Real>
class Rollouts {
 public:
  /// Takes the values that a network gives to the actions at a step, and returns the action to take.
  using Policy = std::function<int(int replica, int rollout, std::span<const Real> values)>;

  /// rollouts: how many each replica plays at a time. model and environment must outlive this.
  Rollouts(Model<Real>& model, const Environment& environment, int rollouts);

  /// Plays from these starts [replicas, rollouts] to each episode's end, or to the horizon. The policy is called once a
  /// step for every episode that has not ended.
  std::vector<Episode> play(std::span<const int> starts, const Policy& policy);

 private:
  Model<Real>* model_;
  const Environment* environment_;
  int rollouts_;
  Unrolled<Real> unrolled_;
  Tensor<Real> inputs_;  // [replicas, rollouts, input_size]
};

/// The action with the largest value; the first of equal ones.
template <class Real>
int greedy_action(std::span<const Real> values);

extern template class Rollouts<float>;
extern template class Rollouts<double>;

}  // namespace hysteron
