// Warming up: the gradient through both runs, every draw, what stays as it is, and that VAA* rises.
#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <hysteron/multistability.hpp>
#include <hysteron/warm_up.hpp>

#include "tests/network.hpp"

namespace hysteron {
namespace {

template <class Real>
Model<Real> network(Backend& backend, const NetworkKind& kind, int units, int inputs, int replicas) {
  return {backend,
          {.cell = kind.cell, .units = units, .layers = 2, .structure = kind.structure, .inputs = inputs, .outputs = 1},
          replicas};
}

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

bool stays(const ParameterSlice& slice) {
  return slice.name.starts_with("readout.") || slice.name.starts_with("rnn.second.");
}

class EveryWarmUp : public testing::TestWithParam<NetworkKind> {
 protected:
  std::unique_ptr<Backend> backend = make_backend("cpu", 1);

  /// With an epsilon about as large as the distances, so that the loss is not almost flat.
  void expect_gradients(const Sequences& sequences, int s) {
    auto model = network<double>(*backend, GetParam(), 4, 2, 1);
    const std::vector<std::uint64_t> seeds{1};
    WarmUp<double> warming(model, sequences, seeds, {.sequences = 5, .epsilon = 0.05, .longest = 6, .ramp = 2});
    std::vector<double> parameters, gradient;
    const auto loss = [&] {
      model.parameters().block().from_host(parameters);
      return sum(warming.gradient(s));
    };
    const auto lives = [&] {
      return std::ranges::any_of(gradient, [](double value) { return std::abs(value) > 1e-4; });
    };
    // Of so few rectified units a draw may leave none that lives.
    for (std::uint64_t draw = 1; draw <= 8 && !lives(); ++draw) {
      draw_network(model, draw, 0.8);
      parameters = model.parameters().block().to_host();
      loss();
      gradient = model.parameters().gradient_block().to_host();
      for (const double value : gradient) ASSERT_TRUE(std::isfinite(value));
    }
    EXPECT_TRUE(lives());
    expect_untouched(model, gradient);
    // A second half determines what the first half above it reads, but stays as it is: its gradient is not given.
    const ParameterSlice& last = model.parameters().slices().back();
    ASSERT_EQ(last.offset + last.size(), model.parameters().size());
    for (const ParameterSlice& slice : model.parameters().slices()) {
      if (stays(slice)) continue;
      for (int r = 0; r < model.replicas(); ++r) {
        const auto first = static_cast<std::ptrdiff_t>(r * model.parameters().size() + slice.offset);
        std::vector<double> part(parameters.begin() + first, parameters.begin() + first + slice.size());
        const std::vector<double> right(gradient.begin() + first, gradient.begin() + first + slice.size());
        expect_gradient(
            slice.name + " in step " + std::to_string(s), part, right,
            [&] {
              std::ranges::copy(part, parameters.begin() + first);
              return loss();
            },
            1e-7);
        std::ranges::copy(part, parameters.begin() + first);
      }
    }
  }

  /// Exact zeros: the read-out and second halves.
  static void expect_untouched(Model<double>& model, const std::vector<double>& gradient) {
    for (const ParameterSlice& slice : model.parameters().slices()) {
      if (!stays(slice)) continue;
      for (int r = 0; r < model.replicas(); ++r)
        for (std::ptrdiff_t i = 0; i < slice.size(); ++i)
          EXPECT_EQ(gradient[static_cast<std::size_t>(r * model.parameters().size() + slice.offset + i)], 0)
              << slice.name;
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Cells, EveryWarmUp, testing::ValuesIn(every_network()), NetworkName());

TEST_P(EveryWarmUp, GradientsAgreeWithDifferences) {
  const Sequences sequences = normal_sequences(9, 4, 2, 5);
  for (const int s : {0, 5}) expect_gradients(sequences, s);
}

// Two identical sequences end in the same state: their distance is zero, and so is its gradient.
TEST_P(EveryWarmUp, GradientsWithDuplicatesInTheBatch) {
  Sequences sequences = normal_sequences(6, 4, 2, 6);
  sequences.lengths = {4, 2, 4, 3, 2, 4};
  std::copy_n(sequences.inputs.begin(), 8, sequences.inputs.begin() + 16);      // 0 and 2
  std::copy_n(sequences.inputs.begin() + 8, 8, sequences.inputs.begin() + 32);  // 1 and 4
  expect_gradients(sequences, 3);
}

TEST_P(EveryWarmUp, SequencesAllAlikeGiveNoGradientAndNoNaN) {
  Sequences sequences = normal_sequences(6, 4, 2, 7);
  sequences.lengths.assign(6, 4);
  for (std::ptrdiff_t n = 1; n < 6; ++n) std::copy_n(sequences.inputs.begin(), 8, sequences.inputs.begin() + 8 * n);
  auto model = network<double>(*backend, GetParam(), 4, 2, 1);
  draw_network(model, 1);
  const std::vector<double> before = model.parameters().block().to_host();
  WarmUp<double> warming(model, sequences, std::vector<std::uint64_t>{1}, {.sequences = 6});
  for (int s = 0; s < 4; ++s) {
    const std::vector<double>& loss = warming.step(s);
    EXPECT_NEAR(loss[0], (1 / 6.0 - 0.95) * (1 / 6.0 - 0.95), 1e-12);
    EXPECT_NEAR(warming.vaa_star()[0], 1 / 6.0, 1e-12);
  }
  EXPECT_EQ(warming.active()[0], 1);
  EXPECT_EQ(model.parameters().block().to_host(), before);
}

TEST_P(EveryWarmUp, OnlyTheFirstHalvesChange) {
  auto model = network<float>(*backend, GetParam(), 6, 2, 2);
  draw_network(model, 2, 0.5);
  const std::vector<float> before = model.parameters().block().to_host();
  const Sequences sequences = normal_sequences(20, 6, 2, 8);
  WarmUp<float> warming(model, sequences, std::vector<std::uint64_t>{1, 2}, {.sequences = 8, .epsilon = 0.01});
  for (int s = 0; s < 5; ++s) warming.step(s);
  const std::vector<float> after = model.parameters().block().to_host();
  for (const ParameterSlice& slice : model.parameters().slices()) {
    for (int r = 0; r < 2; ++r) {
      const auto first = static_cast<std::ptrdiff_t>(r * model.parameters().size() + slice.offset);
      EXPECT_EQ(std::equal(before.begin() + first, before.begin() + first + slice.size(), after.begin() + first),
                stays(slice))
          << slice.name;
    }
  }
}

// The replicas run for unequal numbers of steps side by side; no bit of one depends on the others.
TEST_P(EveryWarmUp, AReplicaIsWarmedUpAsItIsAlone) {
  const Sequences sequences = normal_sequences(30, 9, 2, 9);
  const WarmUpOptions options{.sequences = 10};
  const std::vector<std::uint64_t> seeds{3, 4, 5};
  auto together = network<float>(*backend, GetParam(), 10, 2, 3);
  draw_network(together, 3, 0.5);
  const std::vector<float> start = together.parameters().block().to_host();
  const std::ptrdiff_t size = together.parameters().size();
  const auto warm = [&](Model<float>& model, const std::vector<std::uint64_t>& of) {
    WarmUp<float> warming(model, sequences, of, options);
    std::vector<double> losses;
    for (int s = 0; s < 8; ++s) {
      const std::vector<double>& loss = warming.step(s);
      losses.insert(losses.end(), loss.begin(), loss.end());
    }
    return losses;
  };
  const std::vector<double> losses = warm(together, seeds);
  const std::vector<float> warmed = together.parameters().block().to_host();
  for (std::ptrdiff_t r = 0; r < 3; ++r) {
    auto alone = network<float>(*backend, GetParam(), 10, 2, 1);
    alone.parameters().block().from_host(std::vector<float>(start.begin() + r * size, start.begin() + (r + 1) * size));
    const std::vector<double> own = warm(alone, {seeds[static_cast<std::size_t>(r)]});
    for (std::size_t s = 0; s < own.size(); ++s)
      EXPECT_EQ(own[s], losses[s * 3 + static_cast<std::size_t>(r)]) << "step " << s;
    EXPECT_TRUE(same_bits(alone.parameters().block().to_host(),
                          std::vector<float>(warmed.begin() + r * size, warmed.begin() + (r + 1) * size)));
  }
}

/// The loss of a warm-up step with m constant-input steps, from its definition: whole sequences, one layer at a time.
std::vector<double> losses_by_steps(Model<double>& model, Sequences& sequences, std::uint64_t seed, int s,
                                    double epsilon, int longest) {
  Backend& backend = model.backend();
  const int n = sequences.count, layers = model.shape().layers;
  Batches<double> batches(backend, sequences, 1, n);
  std::vector<int> all(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) all[static_cast<std::size_t>(i)] = i;
  const Batch<double> batch = batches.gather(all);
  Unrolled<double> prefix(model, batch.extent, 1, Keep::states);
  prefix.forward(batch.inputs, batch.extent, batch.lengths);
  Random random(seed, Stream::warm_up_input, static_cast<std::uint64_t>(s));
  std::vector<double> losses(static_cast<std::size_t>(longest) + 1);
  for (int layer = 0; layer < layers; ++layer) {
    std::vector<double> input(static_cast<std::size_t>(model.layer_inputs(layer)));
    for (double& value : input) value = random.normal();
    std::vector<double> repeated;
    for (int row = 0; row < n; ++row) repeated.insert(repeated.end(), input.begin(), input.end());
    std::vector<double> state = gathered(prefix.last_state(layer, 0));
    Recurrence<double> one(
        backend, *model.shape().cell,
        {.replicas = 1, .units = model.part_units(), .inputs = model.layer_inputs(layer), .largest = {1, n}},
        Keep::states, InputMode::sequence);
    for (int m = 1; m <= longest; ++m) {
      const std::vector<View<const double>> sources{view_of<double>(repeated, 1, n)};
      one.forward(model.weights(layer, 0), sources, {1, n}, nullptr, view_of<double>(state, 1, n));
      state = gathered(one.last_state());
      double vaa_star = 0;
      const std::size_t width = state.size() / static_cast<std::size_t>(n);
      for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
        double near = 0;
        for (std::size_t j = 0; j < static_cast<std::size_t>(n); ++j) {
          double square = 0;
          for (std::size_t k = 0; k < width; ++k)
            square += std::pow(std::tanh(state[i * width + k]) - std::tanh(state[j * width + k]), 2);
          near += 1 - std::max(std::sqrt(square) - epsilon, 0.0) / (std::sqrt(square) + 1e-6);
        }
        vaa_star += 1 / near / n;
      }
      losses[static_cast<std::size_t>(m)] += (vaa_star - 0.95) * (vaa_star - 0.95) / layers;
    }
  }
  return losses;
}

// m ~ U{1 .. min(1 + ramp s, longest)}: the m that a step drew can be told from its loss.
TEST(WarmUpSteps, FollowTheRampAndTheDefinitionOfTheLoss) {
  const auto backend = make_backend("cpu", 1);
  auto model = network<double>(*backend, {&cell_named("gru"), Structure::stack}, 5, 2, 1);
  draw_network(model, 4, 3);
  Sequences sequences = normal_sequences(7, 5, 2, 10);
  sequences.lengths = {5, 3, 5, 4, 1, 2, 5};
  constexpr int longest = 9, ramp = 2;
  constexpr std::uint64_t seed = 8;
  WarmUp<double> warming(model, sequences, std::vector<std::uint64_t>{seed},
                         {.sequences = 7, .epsilon = 0.05, .longest = longest, .ramp = ramp});
  std::set<int> seen_early, seen_late;
  for (int s = 0; s < 90; ++s) {
    const double loss = warming.gradient(s)[0];
    const std::vector<double> by_steps = losses_by_steps(model, sequences, seed, s, 0.05, longest);
    int taken = 0;
    for (int m = 1; m <= longest; ++m)
      if (std::abs(by_steps[static_cast<std::size_t>(m)] - loss) < 1e-11) {
        EXPECT_EQ(taken, 0) << "two numbers of steps have the same loss";
        taken = m;
      }
    ASSERT_GT(taken, 0) << "step " << s << ": no number of steps gives this loss";
    EXPECT_LE(taken, std::min(1 + ramp * s, longest)) << s;
    (s <= 2 ? seen_early : seen_late).insert(taken);
  }
  EXPECT_GT(seen_early.size(), 1u);
  EXPECT_EQ(seen_late.size(), std::size_t(longest));
}

// A network that forgets: all sequences end in one attractor before, and in many after.
TEST(WarmUpSteps, RaiseVaa) {
  const auto backend = make_backend("cpu", 1);
  for (const Structure structure : {Structure::stack, Structure::double_layer}) {
    auto model = network<float>(*backend, {&cell_named("gru"), structure}, 24, 1, 2);
    draw_network(model, 5, 0.5);
    const Sequences sequences = normal_sequences(60, 10, 1, 11);
    const std::vector<std::uint64_t> seeds{1, 2};
    const MeasureOptions measure{.steps = 200, .draws = 3, .sequences = 16};
    const Multistability before = measure_multistability(model, sequences, seeds, measure);
    WarmUp<float> warming(model, sequences, seeds, {.sequences = 16, .longest = 40});
    for (int s = 0; s < 100; ++s)
      for (const double loss : warming.step(s)) ASSERT_TRUE(std::isfinite(loss));
    const Multistability after = measure_multistability(model, sequences, seeds, measure);
    for (std::size_t r = 0; r < 2; ++r) {
      EXPECT_GT(after.vaa_star[r], 2 * before.vaa_star[r]) << to_string(structure) << ", before " << before.vaa_star[r];
      EXPECT_GT(after.vaa[r], 2 * before.vaa[r]) << to_string(structure) << ", before " << before.vaa[r];
    }
  }
}

TEST(WarmUpSteps, ANumberThatIsNotFiniteStopsItsReplicaAlone) {
  const auto backend = make_backend("cpu", 1);
  auto model = network<float>(*backend, {&cell_named("lmn"), Structure::stack}, 4, 1, 2);
  draw_network(model, 6);
  const ParameterSlice& recurrent = model.parameters().slice("rnn.weight_hh_l0");
  std::fill_n(model.parameters().values(recurrent).at(1, 0), recurrent.size(), 1e30f);
  const std::vector<float> before = model.parameters().block().to_host();
  const Sequences sequences = normal_sequences(10, 5, 1, 12);
  WarmUp<float> warming(model, sequences, std::vector<std::uint64_t>{1, 2}, {.sequences = 5, .epsilon = 0.05});
  for (int s = 0; s < 3; ++s) warming.step(s);
  EXPECT_EQ(warming.active(), (std::vector<unsigned char>{1, 0}));
  const std::vector<float> after = model.parameters().block().to_host();
  const auto half = static_cast<std::ptrdiff_t>(model.parameters().size());
  EXPECT_TRUE(std::equal(after.begin() + half, after.end(), before.begin() + half));
  EXPECT_FALSE(std::equal(after.begin(), after.begin() + half, before.begin()));
}

}  // namespace
}  // namespace hysteron
