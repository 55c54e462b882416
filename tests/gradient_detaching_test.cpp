// Detached gradients, compared with differences of networks unrolled by hand in which the detached values are
// constants; and training with them.
#include "training/gradient_detaching.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <hysteron/cells/lmn.hpp>
#include <hysteron/cells/lstm.hpp>

#include "tests/training.hpp"

namespace hysteron {
namespace {

using Values = std::vector<double>;

/// One layer of two replicas with everything drawn at random: sequences of unequal lengths, initial states, a loss that
/// weights every output and the last states.
template <template <class> class Cell>
struct Probe {
  using C = Cell<double>;
  static constexpr int replicas = 2, steps = 5, batch = 3, inputs = 2, units = 3;
  static constexpr int rows = steps * batch;
  static constexpr int gates = lane_count<typename C::Input, double>,
                       recurrent = lane_count<typename C::Recurrent, double>, deep = lane_count<DeepOf<C>, double>,
                       unit = lane_count<typename C::Unit, double>, state = lane_count<typename C::State, double>;

  explicit Probe(int of_lanes) : lanes(of_lanes) {}

  static std::size_t size(int columns) { return static_cast<std::size_t>(replicas * columns); }
  static Values draw(int columns, std::uint64_t what) { return normal_draws<double>(size(columns), what, 0.6); }

  /// The sum over the contributions of a replica's states. `constants` [steps, batch, units] are what detached products
  /// read; null: they read the states themselves, which are put into `read`.
  double loss(int replica, const Values* constants, Values* read = nullptr) const {
    double sum = 0;
    for (int b = 0; b < batch; ++b) {
      const double* const first = of_replica(initial, replica) + b * state * units;
      Values s(first, first + state * units);
      for (int step = 0; step < steps; ++step) {
        const int row = step * batch + b;
        if (step < lengths[static_cast<std::size_t>(replica * batch + b)]) {
          if (read) std::copy_n(s.begin(), units, read->begin() + row * units);
          const bool detached = constants && detached_at[static_cast<std::size_t>(replica * steps + step)];
          s = next(replica, of_replica(source, replica) + row * inputs, s,
                   detached ? constants->data() + row * units : s.data());
        }
        sum += dot(s.data(), of_replica(output_weights, replica) + row * units, units);
      }
      sum += dot(s.data(), of_replica(last_weights, replica) + b * state * units, state * units);
    }
    return sum;
  }

  static double dot(const double* a, const double* b, int count) { return std::inner_product(a, a + count, b, 0.0); }
  static const double* of_replica(const Values& all, int replica) {
    return all.data() + static_cast<std::ptrdiff_t>(all.size()) / replicas * replica;
  }

  /// The state [lanes, units] after one step of one sequence; the first `lanes` recurrent products read `first_read`.
  Values next(int replica, const double* input, const Values& past, const double* first_read) const {
    const double* const matrices = of_replica(weight_hh, replica);
    const auto multiply = [&](int row, const double* from) { return dot(matrices + row * units, from, units); };
    Values x(gates * units), a(recurrent * units), d(deep * units + 1), i(units), after(past.size());
    for (int j = 0; j < gates * units; ++j)
      x[std::size_t(j)] =
          of_replica(bias, replica)[j] + dot(of_replica(weight_ih, replica) + j * inputs, input, inputs);
    for (int j = 0; j < recurrent * units; ++j)
      a[std::size_t(j)] = multiply(j, j < lanes * units ? first_read : past.data());
    const auto cell = [&](int j, auto use) {
      use(load_lanes<typename C::Input, double>(x.data() + j, units),
          load_lanes<typename C::Recurrent, double>(a.data() + j, units),
          load_lanes<typename C::Unit, double>(of_replica(unit_weight, replica) + j, units),
          load_lanes<typename C::State, double>(past.data() + j, units));
    };
    if constexpr (DeepTransition<C>) {
      for (int j = 0; j < units; ++j)
        cell(j, [&](auto... records) { i[std::size_t(j)] = C::forward_intermediate(records...).h; });
      for (int j = 0; j < deep * units; ++j) d[std::size_t(j)] = multiply(recurrent * units + j, i.data());
    }
    for (int j = 0; j < units; ++j)
      cell(j, [&](auto... records) {
        const Step<C> out = forward<C>(records..., load_lanes<IntermediateOf<C>, double>(i.data() + j, units),
                                       load_lanes<DeepOf<C>, double>(d.data() + j, units));
        for_each_lane<double>(out.state, [&](int lane, double value) { after[std::size_t(lane * units + j)] = value; });
      });
    return after;
  }

  int lanes;
  std::vector<unsigned char> detached_at{1, 0, 1, 1, 0, 0, 1, 1, 0, 1};
  std::vector<int> lengths{5, 3, 4, 1, 5, 4};
  Values weight_ih = draw(gates * units * inputs, 1), weight_hh = draw((recurrent + deep) * units * units, 2),
         bias = draw(gates * units, 3), unit_weight = draw(unit * units, 4), source = draw(rows * inputs, 5),
         initial = draw(batch * state * units, 6), output_weights = draw(rows * units, 7),
         last_weights = draw(batch * state * units, 8);
};

/// What Recurrence::backward finds for a probe, by name.
struct Found {
  Values weight_ih, weight_hh, bias, unit_weight, source, initial, states;
};

template <class Real, template <class> class Cell>
Found found_by_engine(Backend& backend, const Probe<Cell>& probe, bool detaches = true) {
  using P = Probe<Cell>;
  const auto tensor = [&](const Values& values) {
    Tensor<Real> made(backend, {static_cast<std::ptrdiff_t>(values.size())});
    made.from_host(std::vector<Real>(values.begin(), values.end()));
    return made;
  };
  const auto zeros = [&](const Values& like) {
    return Tensor<Real>(backend, {static_cast<std::ptrdiff_t>(like.size())});
  };
  Tensor<Real> ih = tensor(probe.weight_ih), hh = tensor(probe.weight_hh), bias = tensor(probe.bias),
               unit = tensor(probe.unit_weight), source = tensor(probe.source), initial = tensor(probe.initial),
               outputs = tensor(probe.output_weights), last = tensor(probe.last_weights);
  Tensor<Real> d_ih = zeros(probe.weight_ih), d_hh = zeros(probe.weight_hh), d_bias = zeros(probe.bias),
               d_unit = zeros(probe.unit_weight), d_source = zeros(probe.source);
  const auto weights_of = [&](auto& a, auto& b, auto& c, auto& d) {
    return CellWeights<Real>{a.view(P::replicas, P::gates * P::units, P::inputs),
                             b.view(P::replicas, (P::recurrent + P::deep) * P::units, P::units),
                             c.view(P::replicas, 1, P::gates * P::units), d.view(P::replicas, 1, P::unit * P::units)};
  };
  const CellWeights<const Real> weights = weights_of(ih, hh, bias, unit);
  const std::vector<View<const Real>> sources{source.view(P::replicas, P::rows, P::inputs)};
  const Tensor<int> lengths = [&] {
    Tensor<int> made(backend, {static_cast<std::ptrdiff_t>(probe.lengths.size())});
    made.from_host(probe.lengths);
    return made;
  }();
  Recurrence<Real> recurrence(
      backend, cell_named(P::C::name),
      {.replicas = P::replicas, .units = P::units, .inputs = P::inputs, .largest = {P::steps + 2, P::batch + 1}},
      Keep::trajectory, InputMode::sequence);
  recurrence.forward(weights, sources, {P::steps, P::batch}, lengths.data(),
                     initial.view(P::replicas, P::batch, P::state * P::units));
  recurrence.keep_state_gradients();
  recurrence.clear_gradients();
  Operations<Real>& operations = operations_of<Real>(backend);
  operations.copy(outputs.view(P::replicas, P::rows, P::units), recurrence.output_gradient());
  operations.copy(last.view(P::replicas, P::batch, P::state * P::units), recurrence.last_state_gradient());
  if (detaches) recurrence.detach({.lanes = probe.lanes, .steps = probe.detached_at});
  const std::vector<View<Real>> to{d_source.view(P::replicas, P::rows, P::inputs)};
  recurrence.backward(weights, sources, weights_of(d_ih, d_hh, d_bias, d_unit), to);
  const auto host = [](const auto& values) { return Values(values.begin(), values.end()); };
  return {host(d_ih.to_host()),
          host(d_hh.to_host()),
          host(d_bias.to_host()),
          host(d_unit.to_host()),
          host(d_source.to_host()),
          host(gathered(recurrence.last_state_gradient())),
          host(gathered(recurrence.state_gradients()))};
}

template <template <class> class Cell>
void expect_differences(Backend& backend, Probe<Cell> probe) {
  using P = Probe<Cell>;
  const Found found = found_by_engine<double>(backend, probe);
  std::vector<Values> constants(P::replicas, Values(P::rows * P::units));
  for (int replica = 0; replica < P::replicas; ++replica)
    probe.loss(replica, nullptr, &constants[std::size_t(replica)]);
  const auto loss = [&] { return probe.loss(0, &constants[0]) + probe.loss(1, &constants[1]); };
  expect_gradient("weight_ih", probe.weight_ih, found.weight_ih, loss);
  expect_gradient("weight_hh", probe.weight_hh, found.weight_hh, loss);
  expect_gradient("bias", probe.bias, found.bias, loss);
  expect_gradient("unit", probe.unit_weight, found.unit_weight, loss);
  expect_gradient("source", probe.source, found.source, loss);
  expect_gradient("initial", probe.initial, found.initial, loss);
  // The first of the state gradients is that of the initial state.
  for (int replica = 0; replica < P::replicas; ++replica)
    for (int v = 0; v < P::batch * P::state * P::units; ++v)
      EXPECT_EQ(found.states[std::size_t(replica * (P::steps + 1) * P::batch * P::state * P::units + v)],
                found.initial[std::size_t(replica * P::batch * P::state * P::units + v)]);
}

class DetachedGradients : public testing::Test {
 protected:
  std::unique_ptr<Backend> backend = make_backend("cpu", 2);
};

TEST_F(DetachedGradients, AreThoseOfNetworksInWhichTheStateIsAConstantThere) {
  expect_differences(*backend, Probe<Lmn>(1));
  expect_differences(*backend, Probe<Lstm>(4));
}

TEST_F(DetachedGradients, AtEveryStepAndAtNone) {
  for (const unsigned char everywhere : std::vector<unsigned char>{0, 1}) {
    Probe<Lmn> lmn(1);
    lmn.detached_at.assign(lmn.detached_at.size(), everywhere);
    expect_differences(*backend, lmn);
    Probe<Lstm> lstm(4);
    lstm.detached_at.assign(lstm.detached_at.size(), everywhere);
    expect_differences(*backend, lstm);
  }
}

// If nothing is detached, going step by step gives what all steps at once give, dloss/dstate included; in float too.
TEST_F(DetachedGradients, OfNoStepAreTheGradients) {
  Probe<Lmn> probe(1);
  probe.detached_at.assign(probe.detached_at.size(), 0);
  const auto compare = [&](const Found& found, const Found& expected, double tolerance) {
    const auto near = [&](const Values& a, const Values& b) {
      ASSERT_EQ(a.size(), b.size());
      for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << i;
    };
    near(found.weight_ih, expected.weight_ih);
    near(found.weight_hh, expected.weight_hh);
    near(found.bias, expected.bias);
    near(found.unit_weight, expected.unit_weight);
    near(found.source, expected.source);
    near(found.initial, expected.initial);
    near(found.states, expected.states);
  };
  compare(found_by_engine<double>(*backend, probe), found_by_engine<double>(*backend, probe, false), 1e-13);
  compare(found_by_engine<float>(*backend, probe), found_by_engine<float>(*backend, probe, false), 1e-5);
  Probe<Lmn> detached(1);
  compare(found_by_engine<float>(*backend, detached), found_by_engine<double>(*backend, detached), 1e-5);
}

TEST_F(DetachedGradients, NeedALinearMemory) {
  for (const char* const cell : {"lmn", "lstm"}) EXPECT_TRUE(cell_named(cell).linear_memory) << cell;
  ModelShape shape{.cell = nullptr, .units = 4, .layers = 1, .structure = Structure::stack, .inputs = 1, .outputs = 1};
  for (const CellInfo& cell : every_cell()) {
    shape.cell = &cell;
    if (cell.linear_memory) {
      EXPECT_NO_THROW(GradientDetaching<float>(shape, 0.5)) << cell.name;
      continue;
    }
    try {
      const GradientDetaching<float> detaching(shape, 0.5);
      ADD_FAILURE() << "nothing was thrown for " << cell.name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      EXPECT_NE(std::string(error.what()).find(cell.name), std::string::npos) << error.what();
      EXPECT_NE(error.text().expected.find("lmn, lstm"), std::string::npos) << error.text().expected;
    }
  }
}

template <class Real>
class DetachedTraining : public testing::Test {
 protected:
  std::unique_ptr<Backend> backend = make_backend("cpu", 2);
  const TaskData data = copy_first_input(7, 60);

  static ModelShape shape(const char* cell, Structure structure) {
    return {.cell = &cell_named(cell), .units = 6, .layers = 2, .structure = structure, .inputs = 1, .outputs = 1};
  }
  static TrainerOptions options(double probability, std::size_t replicas) {
    TrainerOptions made;
    made.updates = 6;
    made.batch = 8;
    made.learning_rates.assign(replicas, 1e-2);
    made.detach_probability = probability;
    return made;
  }
  /// The parameters of each replica after training.
  std::vector<std::vector<Real>> trained(const char* cell, Structure structure, std::vector<std::uint64_t> seeds,
                                         double probability) {
    Training<Real> training(*backend, data, shape(cell, structure), seeds, options(probability, seeds.size()));
    training.run();
    std::vector<std::vector<Real>> all;
    for (std::size_t r = 0; r < seeds.size(); ++r) all.push_back(training.parameters(static_cast<std::ptrdiff_t>(r)));
    return all;
  }
};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(DetachedTraining, Precisions);

TYPED_TEST(DetachedTraining, DependsOnTheProbability) {
  const auto parameters = [&](double probability) {
    return this->trained("lmn", Structure::stack, {3}, probability)[0];
  };
  TrainerOptions unset;
  unset.updates = 6, unset.batch = 8, unset.learning_rates = {1e-2};
  Training<TypeParam> plain(*this->backend, this->data, this->shape("lmn", Structure::stack), {3}, unset);
  plain.run();
  EXPECT_TRUE(same_bits(parameters(0), plain.parameters()));
  EXPECT_FALSE(same_bits(parameters(0.5), plain.parameters()));
  EXPECT_FALSE(same_bits(parameters(1), parameters(0.5)));
  EXPECT_TRUE(same_bits(parameters(0.5), parameters(0.5)));
}

TYPED_TEST(DetachedTraining, OfAReplicaIsThatOfARunOfItsOwn) {
  for (const char* const cell : {"lmn", "lstm"})
    for (const Structure structure : {Structure::stack, Structure::double_layer}) {
      const auto together = this->trained(cell, structure, {5, 6, 7}, 0.4);
      for (const std::size_t replica : {0, 1, 2})
        EXPECT_TRUE(same_bits(together[replica], this->trained(cell, structure, {5 + replica}, 0.4)[0]))
            << cell << " " << replica;
    }
}

TYPED_TEST(DetachedTraining, GoesOnWhereItStopped) {
  const auto whole = this->trained("lmn", Structure::stack, {5, 6}, 0.4);
  const ModelShape shape = this->shape("lmn", Structure::stack);
  Training<TypeParam> first(*this->backend, this->data, shape, {5, 6}, this->options(0.4, 2));
  first.trainer.run([&] { return first.trainer.update() == 3; }, [] {});
  Training<TypeParam> second(*this->backend, this->data, shape, {5, 6}, this->options(0.4, 2));
  second.trainer.restore(first.trainer.state());
  second.run();
  for (const std::ptrdiff_t replica : {0, 1})
    EXPECT_TRUE(same_bits(second.parameters(replica), whole[static_cast<std::size_t>(replica)]));
}

}  // namespace
}  // namespace hysteron
