#pragma once
#include <functional>
#include <span>
#include <vector>

#include <hysteron/environment.hpp>
#include <hysteron/model.hpp>
#include <hysteron/unrolled.hpp>

namespace hysteron {

/// Episodes that the networks play, those of all replicas side by side: each step reads one input and carries the
/// states on.
template <class Real>
class Rollouts {
 public:
  /// The values that a network gives to the actions at a step, and the action that is taken.
  using Policy = std::function<int(int replica, int rollout, std::span<const Real> values)>;

  /// rollouts: of each replica, at a time. model and environment must outlive this.
  Rollouts(Model<Real>& model, const Environment& environment, int rollouts);

  /// From these starts [replicas, rollouts] to each episode's end, or to the horizon. The policy is asked once a step
  /// for every episode that goes on.
  std::vector<Episode> play(std::span<const int> starts, const Policy& policy);

 private:
  Model<Real>* model_;
  const Environment* environment_;
  int rollouts_;
  Unrolled<Real> unrolled_;
  Tensor<Real> inputs_;  // [replicas, rollouts, input_size]
};

/// The action of the largest value; of equal ones the first.
template <class Real>
int greedy_action(std::span<const Real> values);

extern template class Rollouts<float>;
extern template class Rollouts<double>;

}  // namespace hysteron
