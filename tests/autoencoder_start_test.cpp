// Networks that start from linear autoencoders: what their states are, what their read-out knows, what is left to
// chance.
#include <Eigen/Dense>
#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/batches.hpp>
#include <hysteron/infer.hpp>
#include <hysteron/initializer.hpp>
#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/trainer.hpp>
#include <hysteron/unrolled.hpp>

#include "preparation/initialization.hpp"
#include "preparation/readout.hpp"
#include "tests/network.hpp"
#include "tests/record_files.hpp"

namespace hysteron {
namespace {

using Values = std::vector<double>;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// Unequal lengths, a nonzero mean, and labels that depend on the first steps.
Sequences labeled_sequences(int count = 80, int steps = 6, int features = 2) {
  Random random(3, Stream::test_of_library);
  Sequences all{.count = count,
                .steps = steps,
                .features = features,
                .inputs = {},
                .lengths = {},
                .target_steps = 1,
                .outputs = 3,
                .targets = {},
                .labels = {}};
  for (int n = 0; n < count; ++n) {
    all.lengths.push_back(steps - n % 3);
    for (int i = 0; i < steps * features; ++i) all.inputs.push_back(static_cast<float>(0.5 * random.normal() + 0.7));
    const float first = all.inputs[all.inputs.size() - static_cast<std::size_t>(steps * features)];
    all.labels.push_back(first < 0.5F ? 0 : first < 0.9F ? 1 : 2);
  }
  return all;
}

class AutoencoderStart : public testing::Test {
 protected:
  static ModelShape shape(const char* cell, int units, int layers = 1) {
    return {.cell = &cell_named(cell),
            .units = units,
            .layers = layers,
            .structure = Structure::stack,
            .inputs = 2,
            .outputs = 3};
  }
  Model<double> start(const ModelShape& of, const std::vector<std::string>& set = {},
                      std::vector<std::uint64_t> seeds = {1},
                      const Objective& objective = {.loss = LossKind::cross_entropy}) {
    Settings settings;
    for (const std::string& one : set) settings.assign(one);
    const auto initializer = Registry<Initializer>::make("autoencoder");
    for (const char* key : {"init.measure_steps", "init.measure_draws", "init.measure_sequences"})
      settings.declare(key, 0, "");
    initializer->declare(settings);
    settings.finish();
    Model<double> model(*backend, of, static_cast<int>(seeds.size()));
    Journal journal;
    initialize_model<double>(initializer.get(), Start::drawn,
                             {.model = &model,
                              .seeds = seeds,
                              .sequences = &sequences,
                              .settings = &settings,
                              .journal = &journal,
                              .objective = objective});
    return model;
  }
  LinearAutoencoder fitted(const Sequences& on, int components, int window = 0) {
    const auto solver = make_solver(*backend, SolverKind::gram, {.window = window, .components = components});
    solver->add(on);
    return solver->solve(components).autoencoder;
  }
  static Values parameter(Model<double>& model, const std::string& name) {
    return gathered(model.parameters().values(model.parameters().slice(name)));
  }
  std::string refused(const std::function<void()>& work) { return message_of(ErrorKind::usage, work); }

  std::unique_ptr<Backend> backend = make_backend("cpu", 1);
  Sequences sequences = labeled_sequences();
};

// Small states stay where tanh is linear, and wide open gates let everything through: the network is the recurrence.
TEST_F(AutoencoderStart, EveryCellIsTheLinearMemoryWhenItsStatesAreSmall) {
  constexpr double scale = 1e-4;
  const LinearAutoencoder autoencoder = fitted(sequences, 7);
  const Values expected = encode(*backend, autoencoder, sequences);
  for (const CellInfo& cell : every_cell()) {
    if (!Registry<Initializer>::make("autoencoder")->reason_against(cell).empty()) continue;
    Model<double> model = start(shape(cell.name.data(), 7), {"init.scale=1e-4", "init.gate_bias=40"});
    const Inference<double> run = infer(model, sequences);
    const std::size_t width = static_cast<std::size_t>(run.states_width);
    for (std::size_t n = 0; n < 80; ++n)
      for (std::size_t i = 0; i < 7; ++i)
        EXPECT_NEAR(run.states[n * width + i] / scale, expected[n * 7 + i], 1e-6) << cell.name;
  }
}

TEST_F(AutoencoderStart, TheReadOutAnswersBeforeAnyTraining) {
  for (const char* const cell : {"lmn", "elman", "gru", "lstm"}) {
    Model<double> model = start(shape(cell, 12));
    const Evaluation before = evaluate(model, sequences, LossKind::cross_entropy, 1);
    EXPECT_GT(before.accuracy[0], 0.6) << cell;  // chance is a third; the middle class of three is hard for a line
    // No other scale of the outputs does better.
    for (const double factor : {0.9, 1.1}) {
      Model<double> other = start(shape(cell, 12));
      for (const char* const name : {"readout.weight", "readout.bias"}) {
        const View<double> values = other.parameters().values(other.parameters().slice(name));
        for (std::ptrdiff_t i = 0; i < values.rows * values.columns; ++i) values.first[i] *= factor;
      }
      EXPECT_GT(evaluate(other, sequences, LossKind::cross_entropy, 1).loss[0], before.loss[0]) << cell << factor;
    }
  }
}

TEST_F(AutoencoderStart, ALayerAboveRemembersTheStatesBelow) {
  Model<double> model = start(shape("lmn", 5, 3), {"init.window=4"});
  Sequences below = sequences;
  for (int layer = 0; layer < 3; ++layer) {
    const LinearAutoencoder expected = fitted(below, 5, 4);
    const std::string of_layer = "_l" + std::to_string(layer);
    EXPECT_THAT(parameter(model, "rnn.weight_ih" + of_layer),
                testing::Pointwise(testing::DoubleNear(1e-5), expected.input_weight));
    const Values recurrent = parameter(model, "rnn.weight_hh" + of_layer);
    EXPECT_THAT(Values(recurrent.begin() + 25, recurrent.begin() + 50),
                testing::Pointwise(testing::DoubleNear(1e-5), expected.memory_weight));
    // The states of this layer as the network computes them.
    Unrolled<double> unrolled(model, {6, 80}, 1, Keep::states);
    Batches<double> batches(*backend, sequences, 1, 80);
    std::vector<int> indices(80);
    for (int n = 0; n < 80; ++n) indices[static_cast<std::size_t>(n)] = n;
    const Batch<double> batch = batches.gather(indices);
    unrolled.forward(batch.inputs, batch.extent, batch.lengths);
    below.features = 5;
    below.inputs.assign(80 * 6 * 5, 0);
    const View<double> rows = unrolled.at(layer, 0).outputs();
    for (int n = 0; n < 80; ++n)
      for (int t = 0; t < 6; ++t)
        for (int i = 0; i < 5; ++i)
          below.inputs[static_cast<std::size_t>((n * 6 + t) * 5 + i)] = static_cast<float>(rows.at(0, t * 80 + n)[i]);
  }
}

// Six steps of two features have rank 12: the remaining units start separate from the memory.
TEST_F(AutoencoderStart, UnitsLeftOverStandApart) {
  Model<double> model = start(shape("lmn", 15));
  const Values recurrent = parameter(model, "rnn.weight_hh_l0");
  double within = 0;
  for (std::size_t block = 0; block < 3; ++block)
    for (std::size_t i = 0; i < 15; ++i)
      for (std::size_t j = 0; j < 15; ++j) {
        const double value = recurrent[(block * 15 + i) * 15 + j];
        if ((i < 12) != (j < 12)) {
          EXPECT_EQ(value, 0);
        }
        if (i >= 12 && j >= 12) within += std::abs(value);
      }
  EXPECT_GT(within, 0);
  EXPECT_NE(parameter(model, "rnn.weight_ih_l0")[2 * 14], 0);
}

TEST_F(AutoencoderStart, ReplicaKIsTheRunOfSeedPlusK) {
  const std::size_t size = static_cast<std::size_t>(start(shape("lmn", 6)).parameters().size());
  struct Case {
    std::vector<std::string> set;
    bool alike;
  };
  for (const auto& [set, alike] :
       {Case{{}, true}, Case{{"init.samples=20"}, false}, Case{{"init.components=4"}, false}}) {
    const std::vector<double> both = start(shape("lmn", 6), set, {5, 6}).parameters().block().to_host();
    const std::vector<double> first(both.begin(), both.begin() + static_cast<std::ptrdiff_t>(size)),
        second(both.begin() + static_cast<std::ptrdiff_t>(size), both.end());
    EXPECT_EQ(first == second, alike);
    EXPECT_EQ(second, start(shape("lmn", 6), set, {6}).parameters().block().to_host());
  }
  // Replicas with memories and windows of different sizes.
  Model<double> varied = start(shape("lmn", 6), {"init.components_each=6,3", "init.windows=0,2"}, {1, 1});
  const Values input = parameter(varied, "rnn.weight_ih_l0");
  const LinearAutoencoder narrow = fitted(sequences, 3, 2), whole = fitted(sequences, 6);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(input[i], whole.input_weight[i], 1e-9);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(input[12 + i], narrow.input_weight[i], 1e-9);
}

// The same network from the function behind the initializer, and its first layer from an autoencoder that the caller
// has fitted.
TEST_F(AutoencoderStart, OfALibrarysUser) {
  Model<double> whole(*backend, shape("gru", 8), 1), layer(*backend, shape("gru", 8), 1);
  const std::vector<std::uint64_t> seeds{1};
  Journal journal;
  start_from_sequences(whole, sequences, seeds,
                       {.components = 4, .layer = {.scale = 0.5}, .objective = {.loss = LossKind::cross_entropy}},
                       journal);
  EXPECT_EQ(whole.parameters().block().to_host(),
            start(shape("gru", 8), {"init.components=4", "init.scale=0.5"}).parameters().block().to_host());
  draw_classic(layer, seeds);
  start_from_autoencoder(layer, 0, fitted(sequences, 4), {.scale = 0.5});
  for (const Role role : {Role::weight_ih, Role::weight_hh, Role::bias_ih, Role::unit})
    EXPECT_EQ(gathered(layer.parameters().values(layer.parameters().slice(role))),
              gathered(whole.parameters().values(whole.parameters().slice(role))));

  const auto message = [&](const auto& work) { return message_of(ErrorKind::usage, work); };
  const LinearAutoencoder wide = fitted(sequences, 9);
  EXPECT_THAT(message([&] { start_from_autoencoder(layer, 0, wide); }), testing::HasSubstr("more components"));
  EXPECT_THAT(message([&] { start_from_autoencoder(layer, 1, leading(wide, 4)); }),
              testing::HasSubstr("no such layer"));
  LinearAutoencoder other = leading(wide, 4);
  other.features = 3;
  EXPECT_THAT(message([&] { start_from_autoencoder(layer, 0, other); }), testing::HasSubstr("other sequences"));
  EXPECT_THAT(message([&] { start_from_sequences(layer, {}, seeds, {}, journal); }),
              testing::HasSubstr("needs sequences"));
  EXPECT_THAT(message([&] {
                start_from_sequences(layer, sequences, seeds, {.windows = {1, 2}}, journal);
              }),
              testing::HasSubstr("one number a replica"));
}

TEST_F(AutoencoderStart, AnswersHeldBackAreNotLookedAt) {
  const Objective objective{.loss = LossKind::cross_entropy, .validation = 30};
  const std::vector<double> before = start(shape("gru", 6), {}, {1}, objective).parameters().block().to_host();
  for (std::size_t n = 50; n < 80; ++n) sequences.labels[n] = (sequences.labels[n] + 1) % 3;
  EXPECT_EQ(start(shape("gru", 6), {}, {1}, objective).parameters().block().to_host(), before);
  sequences.labels[49] = (sequences.labels[49] + 1) % 3;
  EXPECT_NE(start(shape("gru", 6), {}, {1}, objective).parameters().block().to_host(), before);
}

// With targets at each of the last steps, only steps that exist count: least squares in closed form.
TEST_F(AutoencoderStart, TargetsOfSeveralSteps) {
  sequences.labels.clear();
  sequences.target_steps = 3;
  for (int i = 0; i < 80 * 3 * 3; ++i) sequences.targets.push_back(static_cast<float>(std::sin(0.1 * i)));
  Model<double> model = start(shape("lmn", 4), {"init.ridge=0"}, {1}, {});
  Unrolled<double> unrolled(model, {6, 80}, 3, Keep::states);
  Batches<double> batches(*backend, sequences, 1, 80);
  std::vector<int> indices(80);
  for (int n = 0; n < 80; ++n) indices[static_cast<std::size_t>(n)] = n;
  const Batch<double> batch = batches.gather(indices);
  unrolled.forward(batch.inputs, batch.extent, batch.lengths);
  std::vector<Eigen::RowVectorXd> x, y;
  const View<double> rows = unrolled.at(0, 0).outputs();
  for (int step = 0; step < 3; ++step)
    for (int n = 0; n < 80; ++n) {
      if (3 + step >= sequences.lengths[static_cast<std::size_t>(n)]) continue;
      x.emplace_back(5), y.emplace_back(3);
      for (int i = 0; i < 4; ++i) x.back()[i] = rows.at(0, (3 + step) * 80 + n)[i];
      x.back()[4] = 1;
      for (int c = 0; c < 3; ++c)
        y.back()[c] = static_cast<double>(sequences.targets[static_cast<std::size_t>((n * 3 + step) * 3 + c)]);
    }
  Eigen::MatrixXd all_x(std::ssize(x), 5), all_y(std::ssize(y), 3);
  for (std::size_t i = 0; i < x.size(); ++i)
    all_x.row(static_cast<std::ptrdiff_t>(i)) = x[i], all_y.row(static_cast<std::ptrdiff_t>(i)) = y[i];
  const Eigen::MatrixXd best = all_x.householderQr().solve(all_y);
  const Values weight = parameter(model, "readout.weight"), bias = parameter(model, "readout.bias");
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < 4; ++i) EXPECT_NEAR(weight[static_cast<std::size_t>(c * 4 + i)], best(i, c), 1e-8);
    EXPECT_NEAR(bias[static_cast<std::size_t>(c)], best(4, c), 1e-8);
  }
}

TEST_F(AutoencoderStart, RefusesNetworksThatCannotTakeIt) {
  for (const char* const cell : {"brc", "nbrc"})
    EXPECT_THAT(refused([&] { start(shape(cell, 4)); }),
                AllOf(HasSubstr(std::string("the cell ") + cell + " cannot start from a linear autoencoder"),
                      HasSubstr("--cell elman, gru, "), HasSubstr("found --cell " + std::string(cell))));
  ModelShape halves = shape("gru", 4);
  halves.structure = Structure::double_layer;
  EXPECT_THAT(refused([&] { start(halves); }), HasSubstr("--structure stack"));
  EXPECT_THAT(refused([&] { start(shape("gru", 4), {"init.components=5"}); }), HasSubstr("--units 5"));
  EXPECT_THAT(refused([&] { start(shape("gru", 4), {"init.windows=1,2,3"}, {1, 2}); }), HasSubstr("init.windows"));
  EXPECT_THAT(refused([&] { start(shape("gru", 4), {"init.components_each=1.5"}); }), HasSubstr("whole number"));
  sequences.count = 0;
  EXPECT_THAT(refused([&] { start(shape("gru", 4)); }), HasSubstr("sequences"));
}

TEST(Scales, AreTheBestOnes) {
  const std::vector<double> scores = {0.9, 0.1, -0.2, 0.4, 0.5, 0.3, 0.1, 0.2, 0.6, 0.2, 0.7, 0.1};
  const std::vector<int> labels = {0, 0, 2, 1};
  const auto loss = [&](double scale) {
    double sum = 0;
    for (std::size_t row = 0; row < 4; ++row) {
      double all = 0;
      for (std::size_t c = 0; c < 3; ++c) all += std::exp(scale * scores[row * 3 + c]);
      sum += std::log(all) - scale * scores[row * 3 + static_cast<std::size_t>(labels[row])];
    }
    return sum;
  };
  const double best = softmax_scale(scores, 3, labels);
  EXPECT_LT(loss(best), loss(0.99 * best));
  EXPECT_LT(loss(best), loss(1.01 * best));
  const std::vector<double> one = {0.8, -0.3, 0.2, -0.9, 0.1}, targets = {1, 0, 0, 0, 1};
  const auto logistic = [&](double scale, double offset) {
    double sum = 5e-4 * (scale * scale + offset * offset) / 2;
    for (std::size_t i = 0; i < 5; ++i) {
      const double value = scale * one[i] + offset;
      sum += std::log1p(std::exp(value)) - targets[i] * value;
    }
    return sum;
  };
  const Calibration own = logistic_calibration(one, targets);
  for (const double step : {-0.01, 0.01}) {
    EXPECT_LT(logistic(own.scale, own.offset), logistic(own.scale + step, own.offset));
    EXPECT_LT(logistic(own.scale, own.offset), logistic(own.scale, own.offset + step));
  }
  const Calibration never = logistic_calibration(one, {0, 0, 0, 0, 0});
  EXPECT_LT(never.offset, -3);
  EXPECT_TRUE(std::isfinite(never.scale) && std::isfinite(never.offset));
}

}  // namespace
}  // namespace hysteron
