#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <hysteron/journal.hpp>
#include <hysteron/model.hpp>
#include <hysteron/optimizer.hpp>
#include <hysteron/unrolled.hpp>

namespace hysteron {

/// Why a replica stopped: a number that was not finite.
struct Failure {
  std::int64_t update = 0;  ///< the gradient step
  std::string where = {};   ///< "the states of layer 1 at step 17"
};

/// Everything needed to go on, bit for bit, as if there had been no interruption.
template <class Real>
struct OptimizationState {
  std::int64_t update = 0;
  std::int64_t summed = 0;                             ///< the number of updates in loss_sum
  std::vector<double> loss_sum = {}, train_loss = {};  ///< [replicas]
  std::vector<std::optional<Failure>> failures = {};   ///< [replicas]
  std::vector<Real> values = {}, best = {}, first_moment = {}, second_moment = {};  ///< [replicas, size]
};

/// The gradient steps of a population, wherever its losses come from: Adam, the mean loss from one evaluation to the
/// next, and each replica's best weights. A replica whose loss or gradient is not finite stops where it is; the others
/// go on.
template <class Real>
class Optimization {
 public:
  /// learning_rates: [replicas]. model and journal must outlive this.
  Optimization(Model<Real>& model, std::vector<double> learning_rates, const AdamOptions& adam, Journal& journal);

  /// The losses of the coming step [replicas], in the backend's memory.
  Tensor<double>& losses() { return losses_; }
  /// Steps by the model's gradients. Call it after unrolled's backward.
  void step(Unrolled<Real>& unrolled);
  const std::vector<double>& loss() const { return loss_; }  ///< [replicas]: of the latest step

  /// The mean loss of the steps since the last call becomes the training loss.
  void finish_mean();
  /// [replicas]; not a number before the first mean.
  const std::vector<double>& train_loss() const { return train_loss_; }

  /// Records the present weights of all replicas, or of one, as the best.
  void keep();
  void keep(std::size_t replica);
  /// Puts each replica's best weights into the model.
  void take_best();

  std::int64_t update() const { return update_; }  ///< steps done
  const std::vector<std::optional<Failure>>& failures() const { return failures_; }
  bool every_replica_failed() const;

  OptimizationState<Real> state();
  void restore(const OptimizationState<Real>& state);

 private:
  Model<Real>* model_;
  Journal* journal_;
  Adam<Real> adam_;
  Tensor<double> losses_;  // [replicas]
  Tensor<Real> best_;      // [replicas, size]
  std::int64_t update_ = 0, summed_ = 0;
  std::vector<double> loss_, loss_sum_, train_loss_;
  std::vector<std::optional<Failure>> failures_;
};

extern template class Optimization<float>;
extern template class Optimization<double>;

}  // namespace hysteron
