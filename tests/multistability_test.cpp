// Reachable multistability: the definitions of VAA and VAA*, and networks made by hand whose attractors are known.
#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <hysteron/multistability.hpp>

#include "preparation/draws.hpp"
#include "tests/network.hpp"

namespace hysteron {
namespace {

using States = std::vector<std::vector<double>>;  // [sequences][width]

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

double vaa(const States& states, double epsilon) {
  double sum = 0;
  for (const auto& state : states)
    sum +=
        1 / double(std::ranges::count_if(states, [&](const auto& other) { return distance(state, other) < epsilon; }));
  return sum / double(states.size());
}

double vaa_star(States states, double epsilon) {
  for (auto& state : states)
    for (double& value : state) value = std::tanh(value);
  double sum = 0;
  for (const auto& state : states) {
    double near = 0;
    for (const auto& other : states) {
      const double d = distance(state, other);
      near += 1 - std::max(d - epsilon, 0.0) / (d + 1e-6);
    }
    sum += 1 / near;
  }
  return sum / double(states.size());
}

class Definitions : public testing::Test {
 protected:
  std::unique_ptr<Backend> backend = make_backend("cpu", 1);
  static constexpr double epsilon = 1e-2;

  struct Both {
    double vaa, vaa_star;
  };
  /// Computed by the backend, in double precision.
  Both computed(const States& states) {
    std::vector<double> values;
    for (const auto& state : states) values.insert(values.end(), state.begin(), state.end());
    const View<const double> view = view_of<double>(values, 1, static_cast<std::ptrdiff_t>(states.size()));
    Operations<double>& operations = operations_of<double>(*backend);
    Both both{};
    operations.attractors(view, epsilon, &both.vaa);
    operations.variability({.states = view, .epsilon = epsilon, .value = &both.vaa_star, .gradient = {}});
    return both;
  }
  /// Clusters of states near and far: some duplicated, some closer than epsilon, some just beyond it, some very far.
  static States drawn(int n, int width, std::uint64_t seed) {
    Random random(seed, Stream::test_of_library);
    States states;
    while (static_cast<int>(states.size()) < n) {
      std::vector<double> state(static_cast<std::size_t>(width));
      for (double& value : state) value = random.normal();
      const auto kind = random.below(5);
      if (kind > 0 && !states.empty()) {
        const auto& from = states[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(states.size())))];
        const double scale[] = {0, 0, 0.3 * epsilon / width, 2 * epsilon, 100};
        for (std::size_t i = 0; i < state.size(); ++i) state[i] = from[i] + scale[kind] * state[i];
      }
      states.push_back(state);
    }
    return states;
  }
};

TEST_F(Definitions, AreWhatIsComputed) {
  std::set<double> different;
  for (const int n : {1, 2, 3, 17, 64})
    for (const int width : {1, 2, 5, 33})
      for (std::uint64_t seed = 0; seed < 5; ++seed) {
        const States states = drawn(n, width, seed);
        const Both found = computed(states);
        EXPECT_NEAR(found.vaa, vaa(states, epsilon), 1e-14) << n << " states of " << width;
        EXPECT_NEAR(found.vaa_star, vaa_star(states, epsilon), 1e-12) << n << " states of " << width;
        EXPECT_TRUE(found.vaa >= 1.0 / n - 1e-15 && found.vaa <= 1 + 1e-15);
        EXPECT_TRUE(found.vaa_star >= 1.0 / n - 1e-15 && found.vaa_star <= 1 + 1e-15);
        different.insert(found.vaa);
      }
  EXPECT_GT(different.size(), 20u);
}

TEST_F(Definitions, OrderDoesNotCount) {
  States states = drawn(40, 6, 1);
  const Both before = computed(states);
  Random random(1, Stream::test_of_library);
  for (int times = 0; times < 5; ++times) {
    const std::vector<int> order = random.permutation(40);
    States moved;
    for (const int i : order) moved.push_back(states[static_cast<std::size_t>(i)]);
    const Both after = computed(moved);
    EXPECT_NEAR(after.vaa, before.vaa, 1e-15);
    EXPECT_NEAR(after.vaa_star, before.vaa_star, 1e-14);
  }
}

TEST_F(Definitions, OneStateForAllAndOneForEach) {
  const Both same = computed(States(10, {0.3, -2.0}));
  EXPECT_NEAR(same.vaa, 0.1, 1e-15);
  EXPECT_NEAR(same.vaa_star, 0.1, 1e-15);
  States apart;
  for (int i = 0; i < 10; ++i) apart.push_back({0.1 * i, 0.0});
  EXPECT_NEAR(computed(apart).vaa, 1, 1e-15);
}

/// A network made by hand: parameters given by name, all others zero.
template <class Real>
void set_by_hand(Model<Real>& model, const std::string& name,
                 const std::function<double(int replica, int row, int column)>& value) {
  const ParameterSlice& slice = model.parameters().slice(name);
  for (int replica = 0; replica < model.replicas(); ++replica) {
    std::vector<double> values;
    for (int row = 0; row < slice.rows(); ++row)
      for (int column = 0; column < slice.columns(); ++column) values.push_back(value(replica, row, column));
    set_parameter(model, replica, slice, values);
  }
}

double diagonal(int row, int column, double value) { return row == column ? value : 0; }

/// Every pattern of signs over `features` inputs, `times` times, at every step.
Sequences sign_patterns(int features, int steps, int times, double size) {
  Sequences sequences;
  sequences.count = (1 << features) * times, sequences.steps = steps, sequences.features = features;
  for (int n = 0; n < sequences.count; ++n)
    for (int step = 0; step < steps; ++step)
      for (int i = 0; i < features; ++i) sequences.inputs.push_back(static_cast<float>((n >> i & 1) ? size : -size));
  return sequences;
}

class Measured : public testing::Test {
 protected:
  std::unique_ptr<Backend> backend = make_backend("cpu", 1);

  Model<double> model(const char* cell, int units, int inputs, int layers = 1, Structure structure = Structure::stack,
                      int replicas = 1) {
    return {*backend,
            {.cell = &cell_named(cell),
             .units = units,
             .layers = layers,
             .structure = structure,
             .inputs = inputs,
             .outputs = 1},
            replicas};
  }
};

TEST_F(Measured, AContractionHasOneAttractor) {
  auto network = model("elman", 6, 3);
  draw_network(network, 1);
  set_by_hand(network, "rnn.weight_hh_l0", [](int, int row, int column) { return diagonal(row, column, 0.5); });
  const Multistability found =
      measure_multistability(network, normal_sequences(40, 5, 3, 1), std::vector<std::uint64_t>{1},
                             {.steps = 200, .draws = 3, .sequences = 20});
  EXPECT_NEAR(found.vaa.at(0), 1 / 20.0, 1e-12);
  EXPECT_NEAR(found.vaa_star.at(0), 1 / 20.0, 1e-9);
}

// Each unit h' = tanh(3 h + 0.1 x) is bistable for |0.1 x| < 1.3, and an input of 20 decides between its two states.
TEST_F(Measured, BistableUnitsHaveTwoAttractorsEach) {
  auto network = model("elman", 3, 3);
  set_by_hand(network, "rnn.weight_hh_l0", [](int, int row, int column) { return diagonal(row, column, 3); });
  set_by_hand(network, "rnn.weight_ih_l0", [](int, int row, int column) { return diagonal(row, column, 0.1); });
  const Sequences patterns = sign_patterns(3, 4, 5, 20);
  const Multistability found = measure_multistability(network, patterns, std::vector<std::uint64_t>{1},
                                                      {.steps = 300, .draws = 4, .sequences = 40});
  EXPECT_NEAR(found.vaa.at(0), 8 / 40.0, 1e-12);
}

// What an attractor is shows only with time: a slow decay and a cycle are none.
TEST_F(Measured, TellsWhatHasSettled) {
  const auto settled = [&](double weight, int steps) {
    auto network = model("elman", 3, 3);
    set_by_hand(network, "rnn.weight_hh_l0",
                [weight](int, int row, int column) { return diagonal(row, column, weight); });
    set_by_hand(network, "rnn.weight_ih_l0", [](int, int row, int column) { return diagonal(row, column, 0.1); });
    const MeasureOptions options{.steps = steps, .draws = 2, .sequences = 20, .settling = Settling::told};
    return measure_multistability(network, sign_patterns(3, 4, 5, 20), std::vector<std::uint64_t>{1}, options)
        .settled.at(0);
  };
  EXPECT_DOUBLE_EQ(settled(0.5, 200), 1);
  EXPECT_DOUBLE_EQ(settled(3, 300), 1);
  EXPECT_EQ(settled(0.5, 3), 0);       // still on its way
  EXPECT_LT(settled(1.0001, 300), 1);  // a slow decay
  EXPECT_LT(settled(-3, 300), 1);      // h, -h, h ..
  auto network = model("elman", 3, 3);
  EXPECT_TRUE(
      measure_multistability(network, sign_patterns(3, 4, 5, 20), std::vector<std::uint64_t>{1}, {}).settled.empty());
}

// The same number of attractors in float, where trajectories settle in fewer steps, and with the networks' own
// precision.
TEST_F(Measured, PrecisionDoesNotCount) {
  Model<float> network(
      *backend,
      {.cell = &cell_named("elman"), .units = 3, .layers = 1, .structure = Structure::stack, .inputs = 3, .outputs = 1},
      1);
  set_by_hand(network, "rnn.weight_hh_l0", [](int, int row, int column) { return diagonal(row, column, 3); });
  set_by_hand(network, "rnn.weight_ih_l0", [](int, int row, int column) { return diagonal(row, column, 0.1); });
  const Multistability found =
      measure_multistability(network, sign_patterns(3, 4, 5, 20), std::vector<std::uint64_t>{1},
                             {.steps = 10000, .draws = 2, .sequences = 40});
  EXPECT_NEAR(found.vaa.at(0), 8 / 40.0, 1e-12);
}

// A bistable cell: with a = 1 + tanh(2) = 1.96 the candidate tanh(a h) holds h near ±0.95.
TEST_F(Measured, BistableCellsAreBistable) {
  auto network = model("brc", 2, 2);
  set_by_hand(network, "rnn.bias_ih_l0", [](int, int, int i) { return i / 2 == 1 ? 2.0 : 0.0; });
  set_by_hand(network, "rnn.weight_ih_l0",
              [](int, int row, int column) { return row / 2 == 2 ? diagonal(row % 2, column, 0.02) : 0; });
  const Multistability found = measure_multistability(
      network, sign_patterns(2, 3, 2, 200), std::vector<std::uint64_t>{1}, {.steps = 500, .draws = 3, .sequences = 8});
  EXPECT_NEAR(found.vaa.at(0), 4 / 8.0, 1e-12);
  // With a below 1 the cell is monostable.
  set_by_hand(network, "rnn.bias_ih_l0", [](int, int, int i) { return i / 2 == 1 ? -0.5 : 0.0; });
  const Multistability without = measure_multistability(
      network, sign_patterns(2, 3, 2, 200), std::vector<std::uint64_t>{1}, {.steps = 500, .draws = 3, .sequences = 8});
  EXPECT_NEAR(without.vaa.at(0), 1 / 8.0, 1e-12);
}

// The input gate opens only for the large first input; what the second input wrote stays forever: every sequence has
// its own attractor.
TEST_F(Measured, AMemoryThatKeepsEverythingHasVaaOne) {
  auto network = model("lstm", 1, 2);
  set_by_hand(network, "rnn.bias_ih_l0", [](int, int, int gate) { return gate == 0 ? -60.0 : gate == 1 ? 60.0 : 0.0; });
  set_by_hand(network, "rnn.weight_ih_l0", [](int, int gate, int input) {
    return gate == 0 && input == 0 ? 1.2 : gate == 2 && input == 1 ? 1.0 : 0.0;
  });
  Sequences sequences;
  sequences.count = 12, sequences.steps = 1, sequences.features = 2;
  for (int n = 0; n < 12; ++n) sequences.inputs.insert(sequences.inputs.end(), {100.0f, 0.1f * float(n) - 0.6f});
  const Multistability found = measure_multistability(network, sequences, std::vector<std::uint64_t>{1},
                                                      {.steps = 1000, .draws = 2, .sequences = 12});
  EXPECT_NEAR(found.vaa.at(0), 1, 1e-12);
}

// The first layer forgets, the second remembers: their states are counted together.
TEST_F(Measured, TheStatesOfAllLayersAndHalvesCount) {
  for (const Structure structure : {Structure::stack, Structure::double_layer}) {
    const bool halves = structure == Structure::double_layer;
    const int units = halves ? 4 : 2;
    auto network = model("elman", units, 2, 2, structure);
    const auto wire = [&](const std::string& name, double gain) {
      set_by_hand(network, name, [&](int, int row, int column) { return diagonal(row % 2, column, gain); });
    };
    for (const std::string& part :
         halves ? std::vector<std::string>{"first.", "second."} : std::vector<std::string>{""}) {
      wire("rnn." + part + "weight_ih_l0", 0.1);
      wire("rnn." + part + "weight_ih_l1", 0.8);
    }
    wire(halves ? "rnn.second.weight_hh_l1" : "rnn.weight_hh_l1", 3);
    const Multistability found =
        measure_multistability(network, sign_patterns(2, 20, 2, 40), std::vector<std::uint64_t>{1},
                               {.steps = 400, .draws = 2, .sequences = 8});
    EXPECT_NEAR(found.vaa.at(0), 4 / 8.0, 1e-12) << to_string(structure);
  }
}

TEST_F(Measured, FewerSequencesThanAskedForAreAllTaken) {
  auto network = model("elman", 3, 3);
  set_by_hand(network, "rnn.weight_hh_l0", [](int, int row, int column) { return diagonal(row, column, 3); });
  set_by_hand(network, "rnn.weight_ih_l0", [](int, int row, int column) { return diagonal(row, column, 0.1); });
  const Multistability found = measure_multistability(
      network, sign_patterns(3, 4, 1, 20), std::vector<std::uint64_t>{1}, {.steps = 300, .draws = 1, .sequences = 64});
  EXPECT_NEAR(found.vaa.at(0), 1, 1e-12);
}

// Sequences of unequal lengths are run to their ends: steps beyond an end have no influence.
TEST_F(Measured, UnequalLengthsAreRunToTheirEnds) {
  auto network = model("elman", 1, 1);
  set_by_hand(network, "rnn.weight_hh_l0", [](int, int, int) { return 3.0; });
  set_by_hand(network, "rnn.weight_ih_l0", [](int, int, int) { return 0.1; });
  Sequences sequences = sign_patterns(1, 3, 5, 20);
  sequences.lengths.assign(10, 2);
  for (std::size_t n = 0; n < 10; ++n) {
    sequences.inputs[n * 3 + 1] = 20;   // the second step ends in the same state for all
    sequences.inputs[n * 3 + 2] = -40;  // and the third is beyond the end
  }
  sequences.lengths[3] = 3;
  const Multistability found = measure_multistability(network, sequences, std::vector<std::uint64_t>{1},
                                                      {.steps = 300, .draws = 3, .sequences = 10});
  EXPECT_NEAR(found.vaa.at(0), 2 / 10.0, 1e-12);
}

TEST_F(Measured, IsTheSameTwiceAndForAReplicaAlone) {
  const std::vector<std::uint64_t> seeds{5, 6, 7};
  const Sequences sequences = normal_sequences(50, 7, 2, 3);
  const MeasureOptions options{.steps = 40, .draws = 3, .sequences = 20, .epsilon = 1e-3};
  for (const Structure structure : {Structure::stack, Structure::double_layer}) {
    auto all = model("gru", 6, 2, 2, structure, 3);
    draw_network(all, 1);
    for (std::ptrdiff_t i = 0; i < all.parameters().size() * 3; ++i) all.parameters().block().data()[i] *= 3;
    const Multistability together = measure_multistability(all, sequences, seeds, options);
    const Multistability again = measure_multistability(all, sequences, seeds, options);
    EXPECT_EQ(together.vaa, again.vaa);
    EXPECT_EQ(together.vaa_star, again.vaa_star);
    EXPECT_NE(together.vaa_star[0], together.vaa_star[1]);
    for (std::size_t r = 0; r < 3; ++r) {
      auto alone = model("gru", 6, 2, 2, structure, 1);
      const auto size = static_cast<std::size_t>(alone.parameters().size());
      std::copy_n(all.parameters().block().data() + r * size, size, alone.parameters().block().data());
      const Multistability single = measure_multistability(alone, sequences, std::vector{seeds[r]}, options);
      EXPECT_EQ(single.vaa[0], together.vaa[r]);
      EXPECT_EQ(single.vaa_star[0], together.vaa_star[r]);
    }
  }
}

}  // namespace
}  // namespace hysteron
