#include "memory/gradient_flow.hpp"

#include <cmath>
#include <numeric>

#include <hysteron/loss_run.hpp>

namespace hysteron {
namespace {

std::vector<int> all_of(const Sequences& sequences) {
  std::vector<int> indices(sequences.count);
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

}  // namespace

template <class Real>
std::vector<std::vector<std::vector<double>>> state_gradient_norms(Model<Real>& model, Unrolled<Real>& unrolled) {
  const std::size_t layers = model.shape().layers, steps = unrolled.extent().steps, replicas = model.replicas();
  std::vector norms(replicas, std::vector(layers, std::vector<double>(steps)));
  std::vector<Real> values;
  for (const auto [layer, part] : model.every_part()) {
    const View<Real> all = unrolled.at(layer, part).state_gradients();
    const std::size_t step = unrolled.extent().batch * all.columns;
    values.resize((steps + 1) * step);
    for (std::size_t replica = 0; replica < replicas; ++replica) {
      model.backend().copy_out(values.data(), all.at(static_cast<std::ptrdiff_t>(replica), 0),
                               values.size() * sizeof(Real));
      std::vector<double>& of_layer = norms[replica][layer];
      for (std::size_t i = step; i < values.size(); ++i)  // the first values are the initial state's
        of_layer[i / step - 1] += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    }
  }
  for (auto& replica : norms)
    for (auto& layer : replica)
      for (double& norm : layer) norm = std::sqrt(norm);
  return norms;
}

template std::vector<std::vector<std::vector<double>>> state_gradient_norms(Model<float>&, Unrolled<float>&);
template std::vector<std::vector<std::vector<double>>> state_gradient_norms(Model<double>&, Unrolled<double>&);

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
  for (const auto [layer, part] : model_->every_part()) unrolled_.at(layer, part).keep_state_gradients();
  const double loss = run();
  state_norms = std::move(state_gradient_norms(*model_, unrolled_).front());
  return loss;
}

template class GradientFlow<float>;
template class GradientFlow<double>;

}  // namespace hysteron
