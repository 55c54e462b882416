#include <algorithm>

#include <hysteron/batches.hpp>
#include <hysteron/multistability.hpp>
#include <hysteron/unrolled.hpp>

#include "attractors/constant_inputs.hpp"
#include "attractors/prefixes.hpp"

namespace hysteron {

template <class Real>
Multistability measure_multistability(Model<Real>& model, const Sequences& sequences,
                                      std::span<const std::uint64_t> seeds, const MeasureOptions& options) {
  Backend& backend = model.backend();
  Operations<Real>& operations = operations_of<Real>(backend);
  const int replicas = model.replicas(), n = std::min(options.sequences, sequences.count);
  Batches<Real> batches(backend, sequences, replicas, n);
  Unrolled<Real> prefix(model, {sequences.total_steps(), n}, 1, Keep::states);
  std::vector<Recurrence<Real>> layers;
  std::vector<Tensor<Real>> inputs;
  for (int layer = 0; layer < model.shape().layers; ++layer) {
    inputs.emplace_back(backend, std::vector<std::ptrdiff_t>{replicas, 1, model.layer_inputs(layer)});
    layers.emplace_back(backend, *model.shape().cell,
                        typename Recurrence<Real>::Size{.replicas = replicas,
                                                        .units = model.part_units(),
                                                        .inputs = model.layer_inputs(layer),
                                                        .largest = {options.steps, n}},
                        Keep::last_state, InputMode::constant);
  }
  const int all = model.states_width();
  Tensor<Real> last(backend, {replicas, n, all});
  Tensor<double> value(backend, {replicas});
  Multistability sum{std::vector<double>(seeds.size()), std::vector<double>(seeds.size())};
  const auto add = [&](std::vector<double>& to) {
    const std::vector<double> values = value.to_host();
    for (std::size_t r = 0; r < to.size(); ++r) to[r] += values[r];
  };
  for (int draw = 0; draw < options.draws; ++draw) {
    const Prefixes chosen = draw_prefixes(sequences, seeds, n, Stream::measure_batch, Stream::measure_prefix, draw);
    const Batch<Real> batch = batches.gather(chosen.indices, chosen.lengths);
    prefix.forward(batch.inputs, batch.extent, batch.lengths);
    std::vector<Random> random = streams(seeds, Stream::measure_input, draw);
    for (int layer = 0; layer < model.shape().layers; ++layer) {
      Tensor<Real>& input = inputs[layer];
      input.from_host(constant_inputs<Real>(random, model.layer_inputs(layer)));
      const std::vector<View<const Real>> sources{input.view(replicas, 1, model.layer_inputs(layer))};
      Recurrence<Real>& run = layers[layer];
      for (int part = 0; part < model.parts(); ++part) {
        run.forward(model.weights(layer, part), sources, {options.steps, n}, nullptr, prefix.last_state(layer, part));
        operations.copy(run.last_state(),
                        last.view(replicas, n, all).columns_from(model.state_column(layer, part), model.state_width()));
      }
    }
    operations.attractors(last.view(replicas, n, all), options.epsilon, value.data());
    add(sum.vaa);
    operations.variability(
        {.states = last.view(replicas, n, all), .epsilon = options.epsilon, .value = value.data(), .gradient = {}});
    add(sum.vaa_star);
  }
  for (std::vector<double>* const means : {&sum.vaa, &sum.vaa_star})
    for (double& mean : *means) mean /= options.draws;
  return sum;
}

template Multistability measure_multistability(Model<float>&, const Sequences&, std::span<const std::uint64_t>,
                                               const MeasureOptions&);
template Multistability measure_multistability(Model<double>&, const Sequences&, std::span<const std::uint64_t>,
                                               const MeasureOptions&);

}  // namespace hysteron
