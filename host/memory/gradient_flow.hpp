#pragma once
#include <vector>

#include <hysteron/batches.hpp>
#include <hysteron/model.hpp>
#include <hysteron/operations.hpp>
#include <hysteron/unrolled.hpp>

namespace hysteron {

/// |dloss/ds_t| after each step t of the backward run just made, [replicas][layers][steps]: the norm over the sequences
/// and the layer's units, an LSTM's h and c. A sequence that has ended holds its last state, and its gradient. The
/// recurrences were told to keep_state_gradients().
template <class Real>
std::vector<std::vector<std::vector<double>>> state_gradient_norms(Model<Real>& model, Unrolled<Real>& unrolled);

/// The loss of one network over sequences, all in one batch, and how its gradient flows back through time.
template <class Real>
class GradientFlow {
 public:
  /// sequences have targets or labels, of the network's outputs, and must outlive this.
  GradientFlow(Model<Real>& model, const Sequences& sequences, LossKind loss);

  /// Forward and backward. Leaves the parameters' gradients in the model; returns the loss: the mean over the
  /// sequences, and over the steps and outputs that count.
  double run();

  /// The same, and state_gradient_norms [layers][steps].
  double run(std::vector<std::vector<double>>& state_norms);

 private:
  Model<Real>* model_;
  LossKind kind_;
  Batches<Real> batches_;
  Batch<Real> batch_;
  Unrolled<Real> unrolled_;
  Tensor<double> loss_;  // [1]
};

extern template class GradientFlow<float>;
extern template class GradientFlow<double>;

}  // namespace hysteron
