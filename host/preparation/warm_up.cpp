#include <algorithm>
#include <cmath>

#include <hysteron/warm_up.hpp>

#include "attractors/constant_inputs.hpp"
#include "attractors/prefixes.hpp"

namespace hysteron {

template <class Real>
WarmUp<Real>::WarmUp(Model<Real>& model, const Sequences& sequences, std::span<const std::uint64_t> seeds,
                     WarmUpOptions options)
    : model_(&model),
      operations_(&operations_of<Real>(model.backend())),
      seeds_(seeds.begin(), seeds.end()),
      options_(options),
      batches_(model.backend(), sequences, model.replicas(), std::min(options.sequences, sequences.count)),
      prefix_(model, {sequences.total_steps(), std::min(options.sequences, sequences.count)}, 1, Keep::trajectory),
      adam_(model.backend(), model.parameters(), std::vector<double>(seeds.size(), options.learning_rate), {}),
      steps_(model.backend(), {model.replicas(), std::min(options.sequences, sequences.count)}),
      values_(model.backend(), {model.shape().layers, model.replicas()}),
      loss_(seeds.size()),
      vaa_star_(seeds.size()),
      active_(seeds.size(), 1) {
  const int n = std::min(options.sequences, sequences.count);
  for (int layer = 0; layer < model.shape().layers; ++layer) {
    const int inputs = model.layer_inputs(layer);
    Recurrence<Real> run(
        model.backend(), *model.shape().cell,
        {.replicas = model.replicas(), .units = model.part_units(), .inputs = inputs, .largest = {options.longest, n}},
        Keep::trajectory, InputMode::constant);
    Tensor<Real> input(model.backend(), {model.replicas(), 1, inputs});
    const std::vector<View<const Real>> sources{input.view(model.replicas(), 1, inputs)};
    layers_.push_back({std::move(run), std::move(input), sources});
  }
}

template <class Real>
const std::vector<double>& WarmUp<Real>::gradient(int s) {
  compute_gradient(s);
  read_losses();
  return loss_;
}

// Nothing here waits for a result, so that a device can work while the host goes on.
template <class Real>
void WarmUp<Real>::compute_gradient(int s) {
  const int replicas = model_->replicas(), n = static_cast<int>(steps_.size()) / replicas;
  operations_->clear(model_->parameters().gradients());
  const Prefixes chosen =
      draw_prefixes(batches_.sequences(), seeds_, n, Stream::warm_up_batch, Stream::warm_up_prefix, s);
  const Batch<Real> batch = batches_.gather(chosen.indices, chosen.lengths);
  prefix_.forward(batch.inputs, batch.extent, batch.lengths);
  prefix_.clear_gradients();

  // All replicas run for as many steps as the longest draw could have: the shape of the sums below, and so their
  // rounding, must not depend on what other replicas drew.
  const auto longest = static_cast<int>(std::min<std::int64_t>(1 + std::int64_t(options_.ramp) * s, options_.longest));
  std::vector<int> steps;
  for (Random& random : streams(seeds_, Stream::warm_up_steps, s)) {
    const int drawn = 1 + static_cast<int>(random.below(longest));
    steps.insert(steps.end(), n, drawn);
  }
  steps_.from_host(steps);
  const Extent extent{longest, n};

  std::vector<Random> random = streams(seeds_, Stream::warm_up_input, s);
  const double layers = model_->shape().layers;
  for (int l = 0; l < model_->shape().layers; ++l) {
    Layer& layer = layers_[l];
    layer.input.from_host(constant_inputs<Real>(random, model_->layer_inputs(l)));
    layer.run.forward(model_->weights(l, 0), layer.sources, extent, steps_.data(), prefix_.last_state(l, 0));
    layer.run.clear_gradients();
    operations_->variability({.states = layer.run.last_state(),
                              .epsilon = options_.epsilon,
                              .target = options_.target,
                              .scale = 1 / layers,
                              .value = values_.data() + std::ptrdiff_t(l) * replicas,
                              .gradient = layer.run.last_state_gradient()});
    layer.run.backward(model_->weights(l, 0), layer.sources, model_->gradients(l, 0), {});
    operations_->copy(layer.run.last_state_gradient(), prefix_.last_state_gradient(l, 0));
  }
  prefix_.backward(Unrolled<Real>::Readout::unused);
  Parameters<Real>& parameters = model_->parameters();
  for (const ParameterSlice& slice : parameters.slices())
    if (slice.part != 0) operations_->clear(parameters.gradients(slice));
}

template <class Real>
void WarmUp<Real>::read_losses() {
  const std::vector<double> values = values_.to_host();
  const double layers = model_->shape().layers;
  for (std::size_t r = 0; r < loss_.size(); ++r) {
    loss_[r] = vaa_star_[r] = 0;
    for (std::size_t at = r; at < values.size(); at += loss_.size()) {
      vaa_star_[r] += values[at] / layers;
      loss_[r] += (values[at] - options_.target) * (values[at] - options_.target) / layers;
    }
  }
}

// If a loss is not finite, neither is the gradient of any parameter of its layer: the norm shows it.
template <class Real>
const std::vector<double>& WarmUp<Real>::step(int s) {
  compute_gradient(s);
  const std::vector<double>& norm = adam_.step(active_);
  read_losses();
  for (std::size_t r = 0; r < active_.size(); ++r)
    if (!std::isfinite(loss_[r]) || !std::isfinite(norm[r])) active_[r] = 0;
  return loss_;
}

template class WarmUp<float>;
template class WarmUp<double>;

}  // namespace hysteron
