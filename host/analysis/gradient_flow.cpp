#include "analysis/gradient_flow.hpp"

#include <cmath>
#include <numeric>

#include <hysteron/trainer.hpp>

namespace hysteron {
namespace {

std::vector<int> all_of(const Sequences& sequences) {
  std::vector<int> indices(static_cast<std::size_t>(sequences.count));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

}  // namespace

template <class Real>
GradientFlow<Real>::GradientFlow(Model<Real>& model, const Sequences& sequences, LossKind loss)
    : model_(&model),
      kind_(loss),
      batches_(model.backend(), sequences, 1, sequences.count),
      batch_(batches_.gather(all_of(sequences))),
      unrolled_(model, {sequences.steps, sequences.count}, sequences.target_steps, Keep::trajectory),
      loss_(model.backend(), {1}) {}

template <class Real>
double GradientFlow<Real>::run() {
  Operations<Real>& operations = operations_of<Real>(model_->backend());
  operations.clear(model_->parameters().gradients());
  unrolled_.forward(batch_.inputs, batch_.extent, batch_.lengths);
  unrolled_.clear_gradients();
  operations.loss(loss_run(kind_, batch_, unrolled_, unrolled_.output_gradient(), loss_.data(), nullptr));
  unrolled_.backward(Unrolled<Real>::Readout::used);
  Real last{};  // so that a device has finished when this returns
  model_->backend().copy_out(&last, model_->parameters().gradient_block().data(), sizeof last);
  return loss_.to_host()[0];
}

template <class Real>
double GradientFlow<Real>::run(std::vector<std::vector<double>>& state_norms) {
  const int layers = model_->shape().layers;
  for (int layer = 0; layer < layers; ++layer)
    for (int part = 0; part < model_->parts(); ++part) unrolled_.at(layer, part).keep_state_gradients();
  const double loss = run();
  state_norms.assign(static_cast<std::size_t>(layers),
                     std::vector<double>(static_cast<std::size_t>(batch_.extent.steps)));
  std::vector<Real> values;
  for (int layer = 0; layer < layers; ++layer) {
    std::vector<double>& norms = state_norms[static_cast<std::size_t>(layer)];
    for (int part = 0; part < model_->parts(); ++part) {
      const View<Real> all = unrolled_.at(layer, part).state_gradients();
      const std::size_t step = static_cast<std::size_t>(batch_.extent.batch * all.columns);
      values.resize(static_cast<std::size_t>(all.rows * all.columns));
      model_->backend().copy_out(values.data(), all.first, values.size() * sizeof(Real));
      for (std::size_t i = step; i < values.size(); ++i)  // the initial state's come first
        norms[i / step - 1] += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    }
    for (double& norm : norms) norm = std::sqrt(norm);
  }
  return loss;
}

template class GradientFlow<float>;
template class GradientFlow<double>;

}  // namespace hysteron
