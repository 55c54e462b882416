#pragma once
#include <vector>

#include <hysteron/batches.hpp>
#include <hysteron/model.hpp>
#include <hysteron/operations.hpp>
#include <hysteron/unrolled.hpp>

namespace hysteron {

/// |dloss/ds_t| after each step t of the last backward run, [replicas][layers][steps]: the norm over the sequences and
/// over the layer's units (for an LSTM, over h and c). A sequence that has ended keeps its last state, and the gradient
/// of that state. The recurrences must have been told to keep_state_gradients().
template <class Real>
std::vector<std::vector<std::vector<double>>> state_gradient_norms(Model<Real>& model, Unrolled<Real>& unrolled);

/// The loss of one network over sequences, all in one batch, and how its gradient flows back through time.
template <class Real>
class GradientFlow {
 public:
  /// The sequences must have targets or labels for the network's outputs, and must outlive this object.
  GradientFlow(Model<Real>& model, const Sequences& sequences, LossKind loss);

  /// Runs forward and backward. Leaves the parameters' gradients in the model and returns the loss: the mean over the
  /// sequences, and over the steps and outputs that count.
  double run();

  /// The same, and also gives state_gradient_norms [layers][steps].
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
