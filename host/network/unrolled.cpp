#include <hysteron/unrolled.hpp>

namespace hysteron {

template <class Real>
Unrolled<Real>::Unrolled(Model<Real>& model, Extent largest, int read_steps, Keep keep)
    : model_(&model), operations_(&operations_of<Real>(model.backend())), read_steps_(read_steps) {
  const ModelShape& shape = model.shape();
  for (const auto [layer, part] : model.every_part())
    layers_.emplace_back(model.backend(), *shape.cell,
                         typename Recurrence<Real>::Size{.replicas = model.replicas(),
                                                         .units = model.part_units(),
                                                         .inputs = model.layer_inputs(layer),
                                                         .largest = largest},
                         keep, InputMode::sequence);
  const std::ptrdiff_t rows = std::ptrdiff_t(read_steps) * largest.batch;
  outputs_ = Tensor<Real>(model.backend(), {model.replicas(), rows, shape.outputs});
  if (keep == Keep::trajectory)
    output_gradient_ = Tensor<Real>(model.backend(), {model.replicas(), rows, shape.outputs});
  states_ = Tensor<Real>(model.backend(), {model.replicas(), largest.batch, states_width()});
}

template <class Real>
std::vector<View<const Real>> Unrolled<Real>::sources(int layer) {
  if (layer == 0) return {inputs_};
  std::vector<View<const Real>> below;
  for (int part = 0; part < model_->parts(); ++part) below.push_back(at(layer - 1, part).outputs());
  return below;
}

template <class Real>
View<Real> Unrolled<Real>::read_rows(View<Real> rows) const {
  return rows.rows_from(std::ptrdiff_t(extent_.steps - read_steps_) * extent_.batch,
                        std::ptrdiff_t(read_steps_) * extent_.batch);
}

template <class Real>
void Unrolled<Real>::forward(View<const Real> inputs, Extent extent, const int* lengths, View<const Real> initial) {
  inputs_ = inputs;
  extent_ = extent;
  const ModelShape& shape = model_->shape();
  for (int layer = 0; layer < shape.layers; ++layer) {
    const std::vector<View<const Real>> below = sources(layer);
    for (int part = 0; part < model_->parts(); ++part) {
      View<const Real> first;
      if (initial) first = initial.columns_from(model_->state_column(layer, part), model_->state_width());
      at(layer, part).forward(model_->weights(layer, part), below, extent, lengths, first);
    }
  }
  if (shape.outputs == 0) return;
  Parameters<Real>& parameters = model_->parameters();
  const View<Real> weight = parameters.values(parameters.slice(Role::readout_weight));
  const View<Real> bias = parameters.values(parameters.slice(Role::readout_bias));
  for (int part = 0; part < model_->parts(); ++part) {
    const View<Real> read = read_rows(at(shape.layers - 1, part).outputs());
    const View<const Real> block =
        weight.columns_from(std::ptrdiff_t(part) * model_->part_units(), model_->part_units());
    if (part == 0) {
      operations_->affine(read, block, bias, outputs());
    } else {
      operations_->product(read, Transposed::no, block, Transposed::yes, outputs(), Result::added);
    }
  }
}

template <class Real>
View<Real> Unrolled<Real>::outputs() {
  return outputs_.view(model_->replicas(), std::ptrdiff_t(read_steps_) * extent_.batch, model_->shape().outputs);
}

template <class Real>
View<Real> Unrolled<Real>::output_gradient() {
  return output_gradient_.view(model_->replicas(), std::ptrdiff_t(read_steps_) * extent_.batch,
                               model_->shape().outputs);
}

template <class Real>
View<Real> Unrolled<Real>::last_states() {
  const View<Real> all = states_.view(model_->replicas(), extent_.batch, states_width());
  for (const auto [layer, part] : model_->every_part())
    operations_->copy(last_state(layer, part),
                      all.columns_from(model_->state_column(layer, part), model_->state_width()));
  return all;
}

template <class Real>
void Unrolled<Real>::clear_gradients() {
  for (Recurrence<Real>& layer : layers_) layer.clear_gradients();
}

template <class Real>
void Unrolled<Real>::backward(Readout readout) {
  const ModelShape& shape = model_->shape();
  const std::ptrdiff_t units = model_->part_units();
  if (readout == Readout::used) {
    Parameters<Real>& parameters = model_->parameters();
    const View<Real> weight = parameters.values(parameters.slice(Role::readout_weight));
    const View<Real> weight_gradient = parameters.gradients(parameters.slice(Role::readout_weight));
    operations_->sum_rows(output_gradient(), parameters.gradients(parameters.slice(Role::readout_bias)), Result::added);
    for (int part = 0; part < model_->parts(); ++part) {
      Recurrence<Real>& top = at(shape.layers - 1, part);
      operations_->product(output_gradient(), Transposed::yes, read_rows(top.outputs()), Transposed::no,
                           weight_gradient.columns_from(part * units, units), Result::added);
      // A read-out of only the last state leaves the rest of the trajectory without gradients from above.
      const View<Real> to =
          read_steps_ == 1 ? top.last_state_gradient().columns_from(0, units) : read_rows(top.output_gradient());
      operations_->product(output_gradient(), Transposed::no, weight.columns_from(part * units, units), Transposed::no,
                           to, Result::added);
    }
  }
  for (int layer = shape.layers - 1; layer >= 0; --layer) {
    const std::vector<View<const Real>> below = sources(layer);
    std::vector<View<Real>> gradients_below;
    if (layer > 0)
      for (int part = 0; part < model_->parts(); ++part)
        gradients_below.push_back(at(layer - 1, part).output_gradient());
    for (int part = 0; part < model_->parts(); ++part)
      at(layer, part).backward(model_->weights(layer, part), below, model_->gradients(layer, part), gradients_below);
  }
}

template class Unrolled<float>;
template class Unrolled<double>;

}  // namespace hysteron
