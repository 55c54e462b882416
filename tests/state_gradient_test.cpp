// dloss/dstate at every step of every layer, compared with a network whose state is changed at that step.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <hysteron/unrolled.hpp>

#include "tests/network.hpp"

namespace hysteron {
namespace {

/// One replica without a read-out, layer by layer, with a loss that weights every output and last state of every part.
/// loss_with() is the loss when one state is changed: the states before it stay, what follows from it changes.
class Probed {
 public:
  static constexpr int steps = 4, batch = 2, inputs = 2, units = 4;

  Probed(Backend& on, const NetworkKind& kind)
      : backend(on),
        model(on,
              {.cell = kind.cell,
               .units = units,
               .layers = 2,
               .structure = kind.structure,
               .inputs = inputs,
               .outputs = 0},
              1),
        width(model.state_width()) {
    draw_network(model, 3);
    for (int index = 0; index < 2 * model.parts(); ++index) {
      const auto seed = static_cast<std::uint64_t>(10 + index);
      output_weights.push_back(normal_draws<double>(std::size_t(steps * batch * model.part_units()), seed, 1));
      last_weights.push_back(normal_draws<double>(std::size_t(batch * width), seed + 10, 1));
      initial.push_back(normal_draws<double>(std::size_t(batch * width), seed + 20, 0.5));
    }
    states.resize(initial.size());
    for (const auto [layer, part] : model.every_part()) states[index(layer, part)] = run_whole(layer, part, states);
  }

  std::size_t index(int layer, int part) const { return static_cast<std::size_t>(layer * model.parts() + part); }

  /// The states of a part [steps + 1, batch, width] when it reads the given states of the layer below.
  std::vector<double> run_whole(int layer, int part, std::vector<std::vector<double>>& of) {
    std::vector<double> all = initial[index(layer, part)];
    append(all, run(layer, part, of, 0, all));
    return all;
  }
  double loss_with(int layer, int part, int step, const std::vector<double>& state) {
    std::vector<std::vector<double>> changed = states;
    std::vector<double>& own = changed[index(layer, part)];
    own.resize(std::size_t(step * batch * width));
    append(own, state);
    if (step < steps) append(own, run(layer, part, changed, step, state));
    for (int above = layer + 1; above < 2; ++above)
      for (int p = 0; p < model.parts(); ++p) changed[index(above, p)] = run_whole(above, p, changed);
    double sum = 0;
    for (std::size_t i = 0; i < changed.size(); ++i) {
      const double* const after = changed[i].data() + batch * width;
      for (int row = 0; row < steps * batch; ++row)
        for (int u = 0; u < model.part_units(); ++u)
          sum += after[row * width + u] * output_weights[i][std::size_t(row * model.part_units() + u)];
      for (int v = 0; v < batch * width; ++v)
        sum += after[(steps - 1) * batch * width + v] * last_weights[i][std::size_t(v)];
    }
    return sum;
  }

  Backend& backend;
  Model<double> model;
  int width;
  std::vector<int> lengths{4, 2};
  std::vector<double> data = normal_draws<double>(steps * batch * inputs, 4, 1);
  std::vector<std::vector<double>> initial, states, output_weights, last_weights;  // for each part of each layer

 private:
  static void append(std::vector<double>& to, const std::vector<double>& from) {
    to.insert(to.end(), from.begin(), from.end());
  }

  /// The states after each step from `from` on, for the rest of the sequences only.
  std::vector<double> run(int layer, int part, std::vector<std::vector<double>>& of, int from,
                          std::vector<double> first) {
    const std::ptrdiff_t rows = std::ptrdiff_t(steps - from) * batch;
    std::vector<View<const double>> sources;
    if (layer == 0)
      sources.push_back(view_of<double>(data, 1, steps * batch).rows_from(std::ptrdiff_t(from) * batch, rows));
    for (int p = 0; layer > 0 && p < model.parts(); ++p)
      sources.push_back(view_of<double>(of[index(layer - 1, p)], 1, (steps + 1) * batch)
                            .columns_from(0, model.part_units())
                            .rows_from(std::ptrdiff_t(from + 1) * batch, rows));
    std::vector<int> rest;
    for (const int length : lengths) rest.push_back(std::max(0, length - from));
    Recurrence<double> recurrence(backend, *model.shape().cell,
                                  {.replicas = 1,
                                   .units = model.part_units(),
                                   .inputs = model.layer_inputs(layer),
                                   .largest = {steps - from, batch}},
                                  Keep::states, InputMode::sequence);
    recurrence.forward(model.weights(layer, part), sources, {steps - from, batch}, rest.data(),
                       view_of<double>(first, 1, batch));
    return gathered(recurrence.states());
  }
};

class EveryState : public testing::TestWithParam<NetworkKind> {
 protected:
  std::unique_ptr<Backend> backend = make_backend("cpu", 1);
};

INSTANTIATE_TEST_SUITE_P(Cells, EveryState, testing::ValuesIn(every_network()), NetworkName());

TEST_P(EveryState, HasTheGradientThatDifferencesGive) {
  Probed probed(*backend, GetParam());
  Model<double>& model = probed.model;
  Unrolled<double> unrolled(model, {Probed::steps, Probed::batch}, 1, Keep::trajectory);
  std::vector<double> initial;
  for (int row = 0; row < Probed::batch; ++row)
    for (const std::vector<double>& part : probed.initial)
      initial.insert(initial.end(), part.begin() + row * probed.width, part.begin() + (row + 1) * probed.width);
  unrolled.forward(view_of<double>(probed.data, 1, Probed::steps * Probed::batch), {Probed::steps, Probed::batch},
                   probed.lengths.data(), view_of<double>(initial, 1, Probed::batch));
  unrolled.clear_gradients();
  Operations<double>& operations = operations_of<double>(*backend);
  for (const auto& [layer, part] : model.every_part()) {
    const std::size_t at = probed.index(layer, part);
    operations.copy(view_of<double>(probed.output_weights[at], 1, Probed::steps * Probed::batch),
                    unrolled.at(layer, part).output_gradient());
    operations.copy(view_of<double>(probed.last_weights[at], 1, Probed::batch),
                    unrolled.last_state_gradient(layer, part));
    unrolled.at(layer, part).keep_state_gradients();
  }
  unrolled.backward(Unrolled<double>::Readout::unused);
  const std::size_t row = static_cast<std::size_t>(Probed::batch * probed.width);
  for (const auto& [layer, part] : model.every_part()) {
    const std::vector<double> totals = gathered(unrolled.at(layer, part).state_gradients());
    ASSERT_EQ(totals.size(), row * (Probed::steps + 1));
    for (int step = 0; step <= Probed::steps; ++step) {
      const auto part_of = [&](const std::vector<double>& all) {
        return std::vector<double>(all.begin() + std::ptrdiff_t(row) * step,
                                   all.begin() + std::ptrdiff_t(row) * (step + 1));
      };
      std::vector<double> state = part_of(probed.states[probed.index(layer, part)]);
      expect_gradient("state of layer " + std::to_string(layer) + " part " + std::to_string(part) + " after " +
                          std::to_string(step),
                      state, part_of(totals), [&] { return probed.loss_with(layer, part, step, state); });
    }
  }
}

}  // namespace
}  // namespace hysteron
