#include <limits>
#include <string>

#include <hysteron/infer.hpp>

#include "network/sequence_pass.hpp"

namespace hysteron {
namespace {

/// [replicas, steps, count, width] on the host, filled by batches.
template <class Real>
class Collection {
 public:
  Collection(int replicas, int steps, int count, int width)
      : steps_(steps), count_(count), width_(width), values_(std::ptrdiff_t(replicas) * steps * count * width) {}

  /// Takes rows, step * batch + sequence, of the sequences from `first` on into the columns from `column` on.
  void put(Backend& backend, const View<Real>& rows, int first, std::ptrdiff_t column) {
    const std::ptrdiff_t batch = rows.rows / steps_;
    for_each_row(backend, rows, [&](int replica, std::ptrdiff_t row, std::span<const Real> values) {
      const std::ptrdiff_t step = row / batch, sequence = first + row % batch,
                           to = ((replica * steps_ + step) * count_ + sequence) * width_ + column;
      std::copy(values.begin(), values.end(), values_.begin() + to);
    });
  }
  std::vector<Real>& values() { return values_; }

 private:
  std::ptrdiff_t steps_, count_, width_;
  std::vector<Real> values_;
};

template <class Real>
void expect_to_fit(Model<Real>& model, const Sequences& sequences, std::span<const Real> initial) {
  const ModelShape& shape = model.shape();
  if (sequences.features != shape.inputs)
    throw data_error({.what = "the sequences do not fit the network",
                      .expected = std::to_string(shape.inputs) + " values a step",
                      .found = std::to_string(sequences.features)});
  const std::ptrdiff_t width = model.states_width(), expected = model.replicas() * sequences.count * width;
  if (!initial.empty() && std::ssize(initial) != expected)
    throw data_error({.what = "the initial states are not those of the network and the sequences",
                      .expected = std::to_string(expected) + " values: [replicas, count, states] = [" +
                                  std::to_string(model.replicas()) + ", " + std::to_string(sequences.count) + ", " +
                                  std::to_string(width) + "]",
                      .found = std::to_string(initial.size())});
}

}  // namespace

template <class Real>
Inference<Real> infer(Model<Real>& model, const Sequences& sequences, const InferenceOptions<Real>& options) {
  expect_to_fit(model, sequences, options.initial);
  Backend& backend = model.backend();
  const ModelShape& shape = model.shape();
  const bool reads_out = shape.outputs > 0 && options.outputs == InferredOutputs::readout,
             every_state = options.states == InferredStates::all;
  const int replicas = model.replicas(), steps = sequences.total_steps(), count = sequences.count;
  SequencePass<Real> pass(model, sequences,
                          {.budget = options.budget,
                           .most = std::numeric_limits<int>::max(),
                           .read_steps = reads_out ? steps : 1,
                           .initial = options.initial});
  Unrolled<Real>& unrolled = pass.unrolled();
  Inference<Real> result{.replicas = replicas,
                         .steps = steps,
                         .count = count,
                         .width = reads_out ? shape.outputs : shape.units,
                         .states_width = unrolled.states_width()};
  Collection<Real> outputs(replicas, steps, count, result.width),
      states(replicas, every_state ? steps : 1, count, result.states_width);
  pass.run([&](int first, const Batch<Real>&) {
    if (reads_out) outputs.put(backend, unrolled.outputs(), first, 0);
    for (int part = 0; part < model.parts() && !reads_out; ++part)
      outputs.put(backend, unrolled.at(shape.layers - 1, part).outputs(), first, part * model.part_units());
    if (!every_state) return states.put(backend, unrolled.last_states(), first, 0);
    for (const auto [layer, part] : model.every_part())
      states.put(backend, unrolled.at(layer, part).states(), first, model.state_column(layer, part));
  });
  result.outputs = std::move(outputs.values());
  result.states = std::move(states.values());
  return result;
}

template Inference<float> infer(Model<float>&, const Sequences&, const InferenceOptions<float>&);
template Inference<double> infer(Model<double>&, const Sequences&, const InferenceOptions<double>&);

}  // namespace hysteron
