// Whole networks of every cell, stacked and in double layers: values, gradients, extents, precision.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <hysteron/unrolled.hpp>

#include "tests/network.hpp"

namespace hysteron {
namespace {

constexpr Extent small{5, 3};
const std::vector<int> uneven{5, 2, 1, 3, 5, 4};  // [replicas, batch]

/// Two layers and a read-out, and a loss that weights every output and every value of every last state.
template <class Real>
class Network {
 public:
  struct Form {
    int read_steps = 1, replicas = 2, inputs = 2, units = 4;
    Extent extent = small, largest = small;
    Keep keep = Keep::trajectory;
    std::vector<int> lengths = {};
    std::uint64_t seed = 1;
  };

  Network(Backend& backend, const NetworkKind& kind, const Form& form)
      : extent(form.extent),
        lengths(form.lengths),
        model(backend,
              {.cell = kind.cell,
               .units = form.units,
               .layers = 2,
               .structure = kind.structure,
               .inputs = form.inputs,
               .outputs = 3},
              form.replicas),
        unrolled(model, form.largest, form.read_steps, form.keep) {
    draw_network(model, form.seed);
    parameters = model.parameters().block().to_host();
    const auto rows = static_cast<std::size_t>(form.replicas * extent.batch);
    const auto width = static_cast<std::size_t>(unrolled.states_width());
    inputs = normal_draws<Real>(rows * static_cast<std::size_t>(extent.steps * form.inputs), form.seed + 1, 1);
    initial = normal_draws<Real>(rows * width, form.seed + 2, 0.5);
    last_weights = normal_draws<Real>(rows * width, form.seed + 3, 1);
    output_weights = normal_draws<Real>(rows * static_cast<std::size_t>(3 * form.read_steps), form.seed + 4, 1);
  }

  void forward() {
    model.parameters().block().from_host(parameters);
    unrolled.forward(matrix(inputs, extent.steps * extent.batch), extent, lengths.empty() ? nullptr : lengths.data(),
                     matrix(initial, extent.batch));
  }
  double loss() {
    forward();
    double sum = 0;
    const auto outputs = gathered(unrolled.outputs()), last = gathered(unrolled.last_states());
    for (std::size_t i = 0; i < outputs.size(); ++i) sum += double(outputs[i]) * double(output_weights[i]);
    for (std::size_t i = 0; i < last.size(); ++i) sum += double(last[i]) * double(last_weights[i]);
    return sum;
  }
  /// Adds to the model's gradients.
  void backward() {
    unrolled.clear_gradients();
    std::ranges::copy(output_weights, unrolled.output_gradient().first);
    const View<Real> weights = matrix(last_weights, extent.batch);
    each_part([&](int layer, int part, std::ptrdiff_t column, std::ptrdiff_t width) {
      operations_of<Real>(model.backend())
          .copy(weights.columns_from(column, width), unrolled.last_state_gradient(layer, part));
    });
    unrolled.backward(Unrolled<Real>::Readout::used);
  }
  std::vector<Real> gradient() {
    model.parameters().gradient_block().clear();
    backward();
    return model.parameters().gradient_block().to_host();
  }
  /// To be called after backward.
  std::vector<Real> initial_gradient() {
    std::vector<Real> gradient(initial.size());
    const View<Real> to = matrix(gradient, extent.batch);
    each_part([&](int layer, int part, std::ptrdiff_t column, std::ptrdiff_t width) {
      operations_of<Real>(model.backend())
          .copy(unrolled.last_state_gradient(layer, part), to.columns_from(column, width));
    });
    return gradient;
  }

  Extent extent;
  std::vector<int> lengths;
  Model<Real> model;
  Unrolled<Real> unrolled;
  std::vector<Real> parameters, inputs, initial, output_weights, last_weights;

 private:
  View<Real> matrix(std::vector<Real>& values, std::ptrdiff_t rows) {
    return view_of<Real>(values, model.replicas(), rows);
  }
  template <class Use>
  void each_part(const Use& use) {
    for (const auto [layer, part] : model.every_part())
      use(layer, part, model.state_column(layer, part), model.state_width());
  }
};

class EveryNetwork : public testing::TestWithParam<NetworkKind> {
 protected:
  std::unique_ptr<Backend> backend = make_backend("cpu", 1);
};

INSTANTIATE_TEST_SUITE_P(Cells, EveryNetwork, testing::ValuesIn(every_network()), NetworkName());

TEST_P(EveryNetwork, GradientsAgreeWithCentralDifferences) {
  struct Case {
    int read_steps;
    std::vector<int> lengths;
  };
  for (const auto& [read_steps, lengths] :
       {Case{1, uneven}, Case{3, uneven}, Case{small.steps, {}}, Case{small.steps, uneven}}) {
    SCOPED_TRACE(std::to_string(read_steps) + " steps read" + (lengths.empty() ? "" : ", uneven lengths"));
    Network<double> network(*backend, GetParam(), {.read_steps = read_steps, .lengths = lengths});
    const auto loss = [&] { return network.loss(); };
    loss();
    const std::vector<double> gradient = network.gradient(), initial = network.initial_gradient();
    expect_gradient("parameter", network.parameters, gradient, loss);
    expect_gradient("initial state", network.initial, initial, loss);
  }
}

TEST_P(EveryNetwork, BackwardTwiceGivesTheSameAndAddsUp) {
  Network<double> network(*backend, GetParam(), {.read_steps = 3, .lengths = uneven});
  network.forward();
  const std::vector<double> first = network.gradient();
  EXPECT_TRUE(same_bits(first, network.gradient()));
  network.backward();
  const std::vector<double> twice = network.model.parameters().gradient_block().to_host();
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_NEAR(twice[i], 2 * first[i], 1e-13 * (1 + std::abs(first[i])));
}

TEST_P(EveryNetwork, WithoutTheReadOutItsGradientTakesNoPart) {
  Network<double> network(*backend, GetParam(), {});
  network.forward();
  network.gradient();
  network.model.parameters().gradient_block().clear();
  network.unrolled.clear_gradients();
  std::fill_n(network.unrolled.output_gradient().first, 2 * 3 * 3, 1e9);
  network.unrolled.backward(Unrolled<double>::Readout::unused);
  for (const double value : network.model.parameters().gradient_block().to_host()) EXPECT_EQ(value, 0);
}

// Memory for a longer run, still full of its values, changes nothing.
TEST_P(EveryNetwork, SmallerExtentsThanTheLargest) {
  const Extent largest{9, 7};
  Network<double> wide(*backend, GetParam(), {.read_steps = 3, .largest = largest, .lengths = uneven});
  std::vector<double> noise = normal_draws<double>(2 * 9 * 7 * 2, 9, 3);
  wide.unrolled.forward(view_of<double>(noise, 2, 9 * 7), largest, nullptr);
  wide.unrolled.clear_gradients();
  std::fill_n(wide.unrolled.output_gradient().first, 2 * 3 * 7 * 3, 1.0);
  wide.unrolled.backward(Unrolled<double>::Readout::used);

  Network<double> exact(*backend, GetParam(), {.read_steps = 3, .lengths = uneven});
  EXPECT_EQ(exact.loss(), wide.loss());
  EXPECT_TRUE(same_bits(exact.gradient(), wide.gradient()));
  EXPECT_TRUE(same_bits(exact.initial_gradient(), wide.initial_gradient()));
}

TEST_P(EveryNetwork, AReplicaIsANetworkOfItsOwn) {
  Network<double> both(*backend, GetParam(), {.read_steps = 3, .lengths = uneven});
  both.forward();
  const std::vector<double> outputs = gathered(both.unrolled.outputs()), gradient = both.gradient();
  for (std::size_t r = 0; r < 2; ++r) {
    Network<double> alone(
        *backend, GetParam(),
        {.read_steps = 3,
         .replicas = 1,
         .lengths = {uneven.begin() + std::ptrdiff_t(r) * 3, uneven.begin() + std::ptrdiff_t(r + 1) * 3}});
    const auto share = [&](const std::vector<double>& all) {
      const std::size_t size = all.size() / 2;
      return std::vector<double>(all.begin() + std::ptrdiff_t(r * size), all.begin() + std::ptrdiff_t((r + 1) * size));
    };
    alone.parameters = share(both.parameters), alone.inputs = share(both.inputs), alone.initial = share(both.initial);
    alone.output_weights = share(both.output_weights), alone.last_weights = share(both.last_weights);
    alone.forward();
    EXPECT_TRUE(same_bits(share(outputs), gathered(alone.unrolled.outputs())));
    EXPECT_TRUE(same_bits(share(gradient), alone.gradient()));
  }
}

TEST_P(EveryNetwork, InferenceGivesTheSameAsTraining) {
  Network<float> training(*backend, GetParam(), {.read_steps = 3, .lengths = uneven});
  Network<float> inference(*backend, GetParam(), {.read_steps = 3, .keep = Keep::states, .lengths = uneven});
  training.forward();
  inference.forward();
  EXPECT_TRUE(same_bits(gathered(training.unrolled.outputs()), gathered(inference.unrolled.outputs())));
  EXPECT_TRUE(same_bits(gathered(training.unrolled.last_states()), gathered(inference.unrolled.last_states())));
}

TEST_P(EveryNetwork, SingleAgreesWithDouble) {
  Network<float>::Form form;
  form.read_steps = 10, form.inputs = 3, form.units = 22, form.extent = form.largest = {30, 5};
  form.lengths = {30, 12, 25, 1, 29, 30, 30, 4, 16, 30};
  Network<float> single(*backend, GetParam(), form);
  Network<double> exact(*backend, GetParam(),
                        {.read_steps = 10,
                         .inputs = 3,
                         .units = 22,
                         .extent = form.extent,
                         .largest = form.largest,
                         .lengths = form.lengths});
  const auto widen = [](const std::vector<float>& values) { return std::vector<double>(values.begin(), values.end()); };
  exact.parameters = widen(single.parameters), exact.inputs = widen(single.inputs),
  exact.initial = widen(single.initial);
  exact.output_weights = widen(single.output_weights), exact.last_weights = widen(single.last_weights);
  single.forward();
  exact.forward();
  const auto expect_close = [](const char* what, const std::vector<float>& found, const std::vector<double>& right) {
    ASSERT_EQ(found.size(), right.size());
    double largest = 1;
    for (const double value : right) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < right.size(); ++i)
      ASSERT_NEAR(double(found[i]), right[i], 1e-4 * largest) << what << "[" << i << "]";
  };
  expect_close("outputs", gathered(single.unrolled.outputs()), gathered(exact.unrolled.outputs()));
  expect_close("gradient", single.gradient(), exact.gradient());
  expect_close("initial state's gradient", single.initial_gradient(), exact.initial_gradient());
}

TEST_P(EveryNetwork, TheLastStatesStandSideBySide) {
  Network<double> network(*backend, GetParam(), {.lengths = uneven});
  network.forward();
  const View<double> all = network.unrolled.last_states();
  ASSERT_EQ(all.columns, network.unrolled.states_width());
  for (const auto [layer, part] : network.model.every_part())
    EXPECT_EQ(gathered(all.columns_from(network.model.state_column(layer, part), network.model.state_width())),
              gathered(network.unrolled.last_state(layer, part)));
}

ErrorKind kind_of_refusal(Backend& backend, const ModelShape& shape) {
  try {
    Model<float> model(backend, shape, 1);
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "a shape that cannot be was taken";
  return ErrorKind::defect;
}

TEST(ModelShapes, WhatCannotBeIsAUsageError) {
  const auto backend = make_backend("cpu", 1);
  const ModelShape right{
      .cell = &cell_named("gru"), .units = 4, .layers = 1, .structure = Structure::stack, .inputs = 1, .outputs = 1};
  const auto refused = [&](auto change) {
    ModelShape wrong = right;
    change(wrong);
    return kind_of_refusal(*backend, wrong);
  };
  EXPECT_EQ(refused([](ModelShape& shape) { shape.units = 0; }), ErrorKind::usage);
  EXPECT_EQ(refused([](ModelShape& shape) { shape.layers = 0; }), ErrorKind::usage);
  EXPECT_EQ(refused([](ModelShape& shape) { shape.inputs = 0; }), ErrorKind::usage);
  EXPECT_EQ(refused([](ModelShape& shape) { shape.outputs = -1; }), ErrorKind::usage);
  EXPECT_EQ(refused([](ModelShape& shape) { shape.structure = Structure::double_layer, shape.units = 5; }),
            ErrorKind::usage);
  EXPECT_EQ(refused([](ModelShape& shape) { shape.cell = nullptr; }), ErrorKind::defect);
}

TEST(ModelShapes, StructuresByName) {
  for (const Structure structure : {Structure::stack, Structure::double_layer})
    EXPECT_EQ(structure_named(to_string(structure)), structure);
  EXPECT_THROW(structure_named("pile"), Error);
}

TEST(ModelShapes, ParametersAreNamedAndLaidAsInTorch) {
  const auto names = [](const ModelShape& shape) {
    std::vector<std::string> all;
    for (const ParameterSlice& slice : parameter_slices(shape)) {
      std::string text = slice.name;
      for (const std::ptrdiff_t extent : slice.shape) text += " " + std::to_string(extent);
      all.push_back(text);
    }
    return all;
  };
  EXPECT_EQ(
      names({.cell = &cell_named("lstm"),
             .units = 5,
             .layers = 2,
             .structure = Structure::stack,
             .inputs = 3,
             .outputs = 2}),
      (std::vector<std::string>{"rnn.weight_ih_l0 20 3", "rnn.weight_hh_l0 20 5", "rnn.bias_ih_l0 20",
                                "rnn.bias_hh_l0 20", "rnn.weight_ih_l1 20 5", "rnn.weight_hh_l1 20 5",
                                "rnn.bias_ih_l1 20", "rnn.bias_hh_l1 20", "readout.weight 2 5", "readout.bias 2"}));
  EXPECT_EQ(names({.cell = &cell_named("brc"),
                   .units = 6,
                   .layers = 1,
                   .structure = Structure::double_layer,
                   .inputs = 1,
                   .outputs = 0}),
            (std::vector<std::string>{"rnn.first.weight_ih_l0 9 1", "rnn.first.weight_hh_l0 6",
                                      "rnn.first.bias_ih_l0 9", "rnn.second.weight_ih_l0 9 1",
                                      "rnn.second.weight_hh_l0 6", "rnn.second.bias_ih_l0 9"}));
  EXPECT_EQ(names({.cell = &cell_named("lmn"),
                   .units = 4,
                   .layers = 1,
                   .structure = Structure::stack,
                   .inputs = 2,
                   .outputs = 0}),
            (std::vector<std::string>{"rnn.weight_ih_l0 4 2", "rnn.weight_hh_l0 12 4", "rnn.bias_ih_l0 8"}));
}

}  // namespace
}  // namespace hysteron
