#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <hysteron/batches.hpp>
#include <hysteron/model.hpp>
#include <hysteron/multistability.hpp>
#include <hysteron/optimizer.hpp>
#include <hysteron/unrolled.hpp>

namespace hysteron {

struct WarmUpOptions {
  int steps = 100;     ///< gradient steps
  int sequences = 32;  ///< n
  double target = 0.95;
  double epsilon = 1e-4;
  double learning_rate = 1e-2;
  int longest = 200;  ///< constant-input steps at most
  int ramp = 10;      ///< at most 1 + ramp s of them in gradient step s
  /// Measured before and after a whole run of warm_up (prepare.hpp); 0 draws: not measured.
  MeasureOptions measure = {};
};

/// Gradient steps that maximize the number of attractors that a network can reach: the loss is the mean over layers of
/// (VAA*_layer - target)^2, and its gradient flows through the constant-input run and the prefix run into every
/// parameter. In a double layer only the first half takes part, and only its parameters change.
template <class Real>
class WarmUp {
 public:
  /// seeds: [replicas]. sequences must outlive this.
  WarmUp(Model<Real>& model, const Sequences& sequences, std::span<const std::uint64_t> seeds, WarmUpOptions options);

  /// Leaves the gradient of step s (from 0) in the model and returns each replica's loss.
  const std::vector<double>& gradient(int s);
  /// The same, followed by a step of Adam. A replica whose loss or gradient is not finite keeps its parameters from
  /// then on.
  const std::vector<double>& step(int s);

  /// VAA* at the last gradient [replicas], the mean over layers.
  const std::vector<double>& vaa_star() const { return vaa_star_; }
  /// Whether each replica is still warmed up: 0 after a number that was not finite.
  const std::vector<unsigned char>& active() const { return active_; }

 private:
  void compute_gradient(int s);
  void read_losses();

  struct Layer {
    Recurrence<Real> run;  // under the constant input
    Tensor<Real> input;    // [replicas, 1, inputs]
    std::vector<View<const Real>> sources;
  };

  Model<Real>* model_;
  Operations<Real>* operations_;
  std::vector<std::uint64_t> seeds_;
  WarmUpOptions options_;
  Batches<Real> batches_;
  Unrolled<Real> prefix_;
  std::vector<Layer> layers_;
  Adam<Real> adam_;
  Tensor<int> steps_;      // [replicas, sequences]: each replica's own numbers of constant-input steps
  Tensor<double> values_;  // [layers, replicas]
  std::vector<double> loss_, vaa_star_;
  std::vector<unsigned char> active_;
};

extern template class WarmUp<float>;
extern template class WarmUp<double>;

}  // namespace hysteron
