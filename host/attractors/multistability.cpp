#include <algorithm>
#include <chrono>
#include <cmath>

#include <hysteron/batches.hpp>
#include <hysteron/multistability.hpp>
#include <hysteron/unrolled.hpp>

#include "attractors/constant_inputs.hpp"
#include "attractors/prefixes.hpp"
#include "foundation/long_work.hpp"

namespace hysteron {
namespace {

/// The steps under a constant input that run at once, some tenth of a second: between them the work can be given up.
/// The state goes on from piece to piece bit for bit.
class Pieces {
 public:
  int next(std::int64_t left) {
    const auto now = std::chrono::steady_clock::now();
    if (begun_ && now - began_ < std::chrono::milliseconds(50) && size_ < 1 << 28) size_ *= 2;
    if (begun_ && now - began_ > std::chrono::milliseconds(200) && size_ > 1) size_ /= 2;
    began_ = now, begun_ = true;
    return static_cast<int>(std::min<std::int64_t>(size_, left));
  }

 private:
  int size_ = 256;
  bool begun_ = false;
  std::chrono::steady_clock::time_point began_;
};

/// States that move so much less than epsilon in that part of the time they ran stay within it if they go on for as
/// long again.
constexpr int share_of_further_steps = 10;

/// Adds for each replica the share of its sequences whose state has stayed where it was: after one more step, which a
/// cycle does not survive, and after many, which a slow decay does not.
template <class Real>
void add_settled(std::vector<double>& settled, const std::vector<Real>& states,
                 const std::vector<std::vector<Real>>& later, int n, double epsilon) {
  const std::size_t rows = settled.size() * static_cast<std::size_t>(n), width = states.size() / rows;
  std::vector<int> staying(settled.size());
  for (std::size_t row = 0; row < rows; ++row) {
    bool stays = true;
    for (const std::vector<Real>& moved : later)
      for (std::size_t i = row * width; stays && i < (row + 1) * width; ++i)
        stays =
            std::abs(static_cast<double>(moved[i]) - static_cast<double>(states[i])) < epsilon / share_of_further_steps;
    staying[row / static_cast<std::size_t>(n)] += stays ? 1 : 0;
  }
  for (std::size_t r = 0; r < settled.size(); ++r) settled[r] += static_cast<double>(staying[r]) / n;
}

}  // namespace

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
  Tensor<Real> held(backend, {replicas, n, model.state_width()});
  const View<Real> state = held.view(replicas, n, model.state_width());
  const std::int64_t further =
                         options.settling == Settling::told ? std::max(options.steps / share_of_further_steps, 1) : 0,
                     runs = std::int64_t(options.draws) * model.shape().layers * model.parts();
  LongWork work("measuring attractors", runs * (options.steps + further));
  std::int64_t done = 0;
  Pieces pieces;
  const int all = model.states_width();
  Tensor<Real> next(backend, {replicas, n, all}), later(backend, {replicas, n, all});
  Tensor<Real> last(backend, {replicas, n, all});
  Tensor<double> value(backend, {replicas});
  Multistability sum{std::vector<double>(seeds.size()), std::vector<double>(seeds.size()),
                     std::vector<double>(further > 0 ? seeds.size() : 0)};
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
        const auto run_on = [&](std::int64_t steps) {
          for (std::int64_t left = steps; left > 0;) {
            const int piece = pieces.next(left);
            run.forward(model.weights(layer, part), sources, {piece, n}, nullptr, state);
            operations.copy(run.last_state(), state);
            left -= piece;
            work.at(done += piece);
          }
        };
        const auto put = [&](Tensor<Real>& to) {
          operations.copy(state,
                          to.view(replicas, n, all).columns_from(model.state_column(layer, part), model.state_width()));
        };
        operations.copy(prefix.last_state(layer, part), state);
        run_on(options.steps);
        put(last);
        if (further == 0) continue;
        run_on(1);
        put(next);
        run_on(further - 1);
        put(later);
      }
    }
    if (further > 0) add_settled(sum.settled, last.to_host(), {next.to_host(), later.to_host()}, n, options.epsilon);
    operations.attractors(last.view(replicas, n, all), options.epsilon, value.data());
    add(sum.vaa);
    operations.variability(
        {.states = last.view(replicas, n, all), .epsilon = options.epsilon, .value = value.data(), .gradient = {}});
    add(sum.vaa_star);
  }
  for (std::vector<double>* const means : {&sum.vaa, &sum.vaa_star, &sum.settled})
    for (double& mean : *means) mean /= options.draws;
  return sum;
}

template Multistability measure_multistability(Model<float>&, const Sequences&, std::span<const std::uint64_t>,
                                               const MeasureOptions&);
template Multistability measure_multistability(Model<double>&, const Sequences&, std::span<const std::uint64_t>,
                                               const MeasureOptions&);

}  // namespace hysteron
