// What linear decoders read from states: compared with memories whose answer is known, and with least squares done
// differently.
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/infer.hpp>
#include <hysteron/memory_capacity.hpp>

#include "memory/lag_regression.hpp"
#include "tests/network.hpp"

namespace hysteron {
namespace {

using testing::Each;
using testing::HasSubstr;

/// Remembers its last `size` inputs, each in its own value.
LinearAutoencoder delay_line(int size) {
  LinearAutoencoder line;
  line.features = 1, line.components = size, line.mean = {0};
  line.input_weight.assign(static_cast<std::size_t>(size), 0);
  line.input_weight[0] = 1;
  line.memory_weight.assign(static_cast<std::size_t>(size * size), 0);
  for (int i = 1; i < size; ++i) line.memory_weight[static_cast<std::size_t>(i * size + i - 1)] = 1;
  return line;
}

class MemoryCapacities : public testing::Test {
 protected:
  MemoryCapacity of(const LinearAutoencoder& memory, const Sequences& sequences, const MemoryOptions& options) {
    const auto source = autoencoder_states(*backend, memory, sequences);
    return measure_memory(*backend, *source, sequences, options).at(0);
  }
  std::unique_ptr<Backend> backend = make_backend("cpu", 1);
};

TEST_F(MemoryCapacities, OfADelayLineAreItsLength) {
  const Sequences sequences = normal_sequences(20, 400, 1, 1);
  const MemoryCapacity memory =
      of(delay_line(5), sequences, {.asked = AskedAfter::every_step, .lags = 12, .ridge = 1e-12});
  ASSERT_EQ(memory.error.size(), 12u);
  EXPECT_THAT(memory.count, Each(4 * (400 - 11)));
  for (std::size_t lag = 0; lag < 12; ++lag) {
    EXPECT_NEAR(memory.variance[lag], 1, 0.2);  // from 1556 normal draws: five standard errors
    if (lag < 5) {
      EXPECT_NEAR(memory.error[lag], 0, 1e-12) << lag;
      EXPECT_NEAR(memory.capacities[lag], 1, 1e-12) << lag;
    } else {
      EXPECT_NEAR(memory.error[lag] / memory.variance[lag], 1, 0.02) << lag;
    }
  }
  // What remains is what 1556 draws happen to share with five others.
  EXPECT_NEAR(memory.capacity, 5, 7 * 0.01);
  EXPECT_NEAR(memory.restitution, 5.0 / 12, 0.02);
}

// Every value picks up noise at each step by which it is shifted: x_{t-j} + (j + 1) times noise of variance s^2, all
// independent, so that the error of the best decoder is s^2 (j + 1) / (1 + s^2 (j + 1)).
TEST_F(MemoryCapacities, FallWithStateNoiseAsTheyMust) {
  const Sequences sequences = normal_sequences(40, 1000, 1, 2);
  const MemoryCapacity memory =
      of(delay_line(4), sequences, {.asked = AskedAfter::every_step, .lags = 4, .ridge = 0, .noise = 0.5});
  for (int lag = 0; lag < 4; ++lag) {
    const double noise = 0.25 * (lag + 1), expected = noise / (1 + noise);
    EXPECT_NEAR(memory.error[static_cast<std::size_t>(lag)], expected, 0.05 * expected) << lag;
  }
}

TEST_F(MemoryCapacities, OfLastStatesUseEverySequencesOwnEnd) {
  Sequences sequences = normal_sequences(200, 9, 1, 3);
  for (int n = 0; n < 200; ++n) sequences.lengths.push_back(1 + n % 9);
  const MemoryCapacity memory = of(delay_line(3), sequences, {.ridge = 1e-12, .noise = 0});
  ASSERT_EQ(memory.error.size(), 9u);
  for (std::size_t lag = 0; lag < 9; ++lag) {
    const auto reach = std::count_if(sequences.lengths.begin() + 160, sequences.lengths.end(),
                                     [&](int length) { return length > static_cast<int>(lag); });
    EXPECT_EQ(memory.count[lag], reach) << lag;
    if (lag < 3)
      EXPECT_NEAR(memory.error[lag], 0, 1e-12);
    else
      EXPECT_GT(memory.error[lag], 0.2) << "beyond what is remembered";
  }
}

TEST_F(MemoryCapacities, BlackStepsAreInputsOfZero) {
  Sequences sequences = normal_sequences(30, 4, 1, 4);
  sequences.black = 2;
  const MemoryCapacity memory = of(delay_line(6), sequences, {.ridge = 1e-12});
  ASSERT_EQ(memory.error.size(), 6u);
  for (const std::size_t lag : {0u, 1u}) {
    EXPECT_EQ(memory.variance[lag], 0);
    EXPECT_EQ(memory.capacities[lag], 0);
  }
  for (std::size_t lag = 2; lag < 6; ++lag) EXPECT_NEAR(memory.capacities[lag], 1, 1e-9);
  EXPECT_NEAR(memory.restitution, 1, 1e-9);
}

TEST_F(MemoryCapacities, OfStatesThatAreAllAlikeAreNone) {
  LinearAutoencoder dead = delay_line(3);
  dead.input_weight[0] = 0;
  const MemoryCapacity memory = of(dead, normal_sequences(50, 6, 1, 5), {});
  for (std::size_t lag = 0; lag < 6; ++lag) EXPECT_EQ(memory.error[lag], memory.variance[lag]);
  EXPECT_EQ(memory.capacity, 0);
  EXPECT_EQ(memory.restitution, 0);
}

// Lag by lag, over the sequences that reach back that far: least squares with a constant, by another decomposition.
TEST_F(MemoryCapacities, DecodersAreLeastSquares) {
  constexpr int width = 4, lags = 6, features = 2, count = 60;
  const std::vector<double> states = normal_draws<double>(count * width, 1, 1);
  std::vector<double> past = normal_draws<double>(count * lags * features, 2, 1);
  for (std::size_t n = 0; n < count; ++n)  // so that there is something to find
    for (std::size_t i = 0; i < lags * features; ++i)
      past[n * lags * features + i] += 3 + states[n * width + i % width] * static_cast<double>(i % 3);
  const auto reach = [](int n) { return n < 20 ? 6 : n < 40 ? 4 : 1; };
  const auto state_of = [&](int n) { return std::span(states).subspan(static_cast<std::size_t>(n * width), width); };
  const auto past_of = [&](int n) {
    return std::span(past).subspan(static_cast<std::size_t>(n * lags * features),
                                   static_cast<std::size_t>(reach(n) * features));
  };
  LagRegression regression(*backend, width, lags, features, 0);
  for (int n = 0; n < count; ++n)
    if (n % 4 != 3) regression.learn(state_of(n), past_of(n));
  regression.solve();
  for (int n = count - 1; n >= 0; --n)  // in another order
    if (n % 4 == 3) regression.test(state_of(n), past_of(n));
  const MemoryCapacity found = regression.result();
  ASSERT_EQ(found.error.size(), static_cast<std::size_t>(lags));
  for (int lag = 0; lag < lags; ++lag) {
    std::vector<int> learned, tested;
    for (int n = 0; n < count; ++n)
      if (reach(n) > lag) (n % 4 == 3 ? tested : learned).push_back(n);
    Eigen::MatrixXd rows(static_cast<Eigen::Index>(learned.size()), width + 1), inputs(rows.rows(), features);
    for (std::size_t i = 0; i < learned.size(); ++i) {
      const auto row = static_cast<Eigen::Index>(i);
      rows(row, width) = 1;
      for (int k = 0; k < width; ++k) rows(row, k) = state_of(learned[i])[static_cast<std::size_t>(k)];
      for (int f = 0; f < features; ++f)
        inputs(row, f) = past_of(learned[i])[static_cast<std::size_t>(lag * features + f)];
    }
    const Eigen::MatrixXd decoder = rows.colPivHouseholderQr().solve(inputs);
    double error = 0, variance = 0;
    for (const int n : tested)
      for (int f = 0; f < features; ++f) {
        const double input = past_of(n)[static_cast<std::size_t>(lag * features + f)];
        double decoded = decoder(width, f);
        for (int k = 0; k < width; ++k) decoded += decoder(k, f) * state_of(n)[static_cast<std::size_t>(k)];
        error += (decoded - input) * (decoded - input);
        variance += (inputs.col(f).mean() - input) * (inputs.col(f).mean() - input);
      }
    const double values = static_cast<double>(tested.size() * features);
    const auto at = static_cast<std::size_t>(lag);
    EXPECT_EQ(found.count[at], static_cast<std::int64_t>(tested.size()));
    EXPECT_NEAR(found.error[at], error / values, 1e-10) << lag;
    EXPECT_NEAR(found.variance[at], variance / values, 1e-10) << lag;
  }
}

class NetworkMemory : public testing::TestWithParam<NetworkKind> {
 protected:
  std::unique_ptr<Backend> backend = make_backend("cpu", 1);
};

// Step by step the same as all at once, and every replica on its own.
TEST_P(NetworkMemory, StatesAreThoseOfTheNetwork) {
  Sequences sequences = normal_sequences(5, 7, 2, 3);
  for (int n = 0; n < 5; ++n) sequences.lengths.push_back(3 + n);
  const ModelShape shape{
      .cell = GetParam().cell, .units = 6, .layers = 2, .structure = GetParam().structure, .inputs = 2, .outputs = 3};
  Model<double> model(*backend, shape, 2);
  draw_network(model, 1);
  const auto source = network_states(model, sequences);
  const auto width = static_cast<std::size_t>(source->width());
  std::vector<double> last(2 * 5 * width);
  const std::vector<int> order{4, 0, 2, 3, 1};
  source->run(order, {}, 1, [&](int step, std::span<const double> states) {
    ASSERT_EQ(states.size(), last.size());
    for (std::size_t row = 0; row < 10; ++row)
      if (sequences.lengths[static_cast<std::size_t>(order[row % 5])] == step + 1)
        std::copy_n(states.begin() + static_cast<std::ptrdiff_t>(row * width), width,
                    last.begin() + static_cast<std::ptrdiff_t>(row * width));
  });
  for (int replica = 0; replica < 2; ++replica) {
    Model<double> one(*backend, shape, 1);
    const std::vector<double> all = model.parameters().block().to_host();
    const std::ptrdiff_t size = model.parameters().size();
    one.parameters().block().from_host(
        std::vector<double>(all.begin() + replica * size, all.begin() + (replica + 1) * size));
    const Inference<double> whole = infer(one, sequences);
    for (std::size_t row = 0; row < 5; ++row)
      for (std::size_t i = 0; i < width; ++i)
        EXPECT_NEAR(last[(static_cast<std::size_t>(replica) * 5 + row) * width + i],
                    whole.states[static_cast<std::size_t>(order[row]) * width + i], 1e-13);
  }
}

INSTANTIATE_TEST_SUITE_P(Cells, NetworkMemory, testing::ValuesIn(every_network()), NetworkName());

TEST_F(MemoryCapacities, NoiseBelongsToTheSequenceTheReplicaAndTheSeed) {
  const Sequences sequences = normal_sequences(4, 3, 2, 1);
  Model<double> model(
      *backend,
      {.cell = &cell_named("elman"), .units = 3, .layers = 1, .structure = Structure::stack, .inputs = 2, .outputs = 0},
      2);  // all parameters are 0: the states are the noise
  const auto source = network_states(model, sequences);
  const auto states = [&](const std::vector<int>& chosen, std::uint64_t seed) {
    std::vector<double> all;
    source->run(chosen, std::vector<double>{1, 2}, seed,
                [&](int, std::span<const double> each) { all.insert(all.end(), each.begin(), each.end()); });
    return all;  // [steps][replica][sequence][3]
  };
  const std::vector<double> four = states({0, 1, 2, 3}, 7), one = states({2}, 7);
  for (std::size_t step = 0; step < 3; ++step)
    for (std::size_t r = 0; r < 2; ++r)
      for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(four[((step * 2 + r) * 4 + 2) * 3 + i], one[(step * 2 + r) * 3 + i]);
  EXPECT_NE(four, states({0, 1, 2, 3}, 8));
  EXPECT_NE(four[0], four[3]);
  EXPECT_NE(2 * four[0], four[12]);
}

TEST_F(MemoryCapacities, RefuseWhatCannotBeMeasured) {
  const auto message = [&](ErrorKind kind, const LinearAutoencoder& memory, const Sequences& sequences,
                           const MemoryOptions& options) {
    try {
      of(memory, sequences, options);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      return std::string(error.what());
    }
    ADD_FAILURE() << "nothing was thrown";
    return std::string();
  };
  EXPECT_THAT(message(ErrorKind::data, delay_line(2), normal_sequences(1, 5, 1, 1), {}), HasSubstr("two or more"));
  EXPECT_THAT(message(ErrorKind::data, delay_line(2), normal_sequences(9, 5, 2, 1), {}), HasSubstr("1 features"));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const MemoryOptions& wrong :
       {MemoryOptions{.noise = nan}, MemoryOptions{.noise = -1}, MemoryOptions{.ridge = nan},
        MemoryOptions{.ridge = -1}, MemoryOptions{.test_share = 0}, MemoryOptions{.test_share = 1},
        MemoryOptions{.test_share = nan}})
    EXPECT_THAT(message(ErrorKind::usage, delay_line(2), normal_sequences(9, 5, 1, 1), wrong),
                HasSubstr("out of range"));
  Sequences shorter = normal_sequences(6, 5, 1, 1);
  shorter.lengths = {2, 2, 2, 2, 2, 5};
  EXPECT_THAT(message(ErrorKind::data, delay_line(2), shorter, {.asked = AskedAfter::every_step, .lags = 4}),
              HasSubstr("fewer lags"));
  LinearAutoencoder exploding = delay_line(2);
  for (double& weight : exploding.memory_weight) weight = 1e200;
  EXPECT_THAT(message(ErrorKind::numeric, exploding, normal_sequences(9, 5, 1, 1), {}), HasSubstr("not finite"));
}

}  // namespace
}  // namespace hysteron
