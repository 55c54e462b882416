// Whole layers through the CPU backend: every cell, replicas, lengths, initial states, gradients entering at every
// state, constant input, every instruction level of this machine.
#include <cstring>

#include <gtest/gtest.h>

#include "tests/central_difference.hpp"
#include "tests/instruction_levels.hpp"
#include "tests/layer.hpp"

namespace hysteron {

namespace {

constexpr Shape small{.replicas = 2, .steps = 5, .batch = 3, .units = 4};
const std::vector<int> uneven{5, 2, 0, 1, 5, 4};  // [replicas, batch]

class EveryLayer : public testing::TestWithParam<CellInfo> {
 protected:
  std::unique_ptr<Backend> backend = make_backend("cpu", 2);
  Operations<double>& operations = operations_of<double>(*backend);

  void expect_gradients(InputKind kind, const std::vector<int>& lengths) {
    Layer<double> layer(GetParam(), small, kind, Kept::trajectory, lengths, 1);
    const auto loss = [&] { return layer.loss(operations); };
    loss();
    layer.backward(operations);
    const bool constant = kind == InputKind::constant;
    const auto input = constant ? layer.shared(layer.input_gradient) : layer.input_gradient;
    expect_central_difference("input", layer.input, input, loss);
    expect_central_difference("weight", layer.weight, layer.weight_gradient, loss);
    expect_central_difference("unit", layer.unit, layer.shared(layer.unit_gradient), loss);
    expect_central_difference("initial state", layer.initial, layer.state_gradient, loss);
  }
};

INSTANTIATE_TEST_SUITE_P(Cells, EveryLayer, testing::ValuesIn(every_cell().begin(), every_cell().end()), CellName());

TEST_P(EveryLayer, GradientsAgreeWithCentralDifferences) { expect_gradients(InputKind::varying, {}); }
TEST_P(EveryLayer, GradientsWithLengths) { expect_gradients(InputKind::varying, uneven); }
TEST_P(EveryLayer, GradientsWithConstantInput) { expect_gradients(InputKind::constant, uneven); }

TEST_P(EveryLayer, GradientsAtTheLastStateAlone) {
  Layer<double> layer(GetParam(), small, InputKind::varying, Kept::trajectory, uneven, 2);
  std::ranges::fill(layer.entering, 0.0);
  layer.forward(operations);
  layer.backward(operations);
  const auto expected = layer.input_gradient;
  std::ranges::copy(layer.entering_last, layer.state_gradient.begin());
  LayerGradient<double> gradient = layer.gradient();
  gradient.entering = {};
  gradient.totals = {};
  operations.backward(layer.run(), gradient);
  EXPECT_TRUE(same_bits(expected, layer.input_gradient));
}

// What comes back to a state is the gradient that the rest of the sequence alone gives its initial state, plus what
// enters there.
TEST_P(EveryLayer, TotalsAreTheGradientsOfEachState) {
  Layer<double> layer(GetParam(), small, InputKind::varying, Kept::trajectory, uneven, 3);
  layer.forward(operations);
  layer.backward(operations);
  EXPECT_TRUE(std::equal(layer.state_gradient.begin(),
                         layer.state_gradient.begin() + small.batch * GetParam().state * small.units,
                         layer.totals.begin()));
  const std::vector<double> totals = layer.totals;
  const std::vector<int> lengths = layer.lengths;
  const std::ptrdiff_t row = std::ptrdiff_t(GetParam().state) * small.units;
  for (int from = 1; from < small.steps; ++from) {
    for (std::size_t i = 0; i < lengths.size(); ++i) layer.lengths[i] = std::max(0, lengths[i] - from);
    LayerRun<double> run = layer.run();
    LayerGradient<double> gradient = layer.gradient();
    run.shape.steps -= from;
    const auto later = [from](auto& lanes) { lanes.first += from * lanes.step; };
    later(run.input), later(run.states), later(run.intermediates), later(run.saved), later(gradient.entering);
    later(gradient.input), later(gradient.recurrent), later(gradient.deep);
    gradient.totals = {};
    std::ranges::copy(layer.entering_last, layer.state_gradient.begin());
    operations.backward(run, gradient);
    for (int r = 0; r < small.replicas; ++r)
      for (std::ptrdiff_t i = 0; i < small.batch * row; ++i) {
        const std::ptrdiff_t place = (r * (small.steps + 1) + from) * small.batch * row + i;
        const std::ptrdiff_t before = (r * small.steps + from - 1) * small.batch * row + i;
        EXPECT_EQ(layer.state_gradient[static_cast<std::size_t>(r * small.batch * row + i)] +
                      layer.entering[static_cast<std::size_t>(before)],
                  totals[static_cast<std::size_t>(place)]);
      }
  }
}

// Where a cell only sums its two halves, their gradients are equal and may share memory.
TEST(SharedGradient, OfElmanAndLstmIsTheSameInOneMemory) {
  auto backend = make_backend("cpu", 2);
  for (const char* const cell : {"elman", "lstm"}) {
    Layer<float> layer(cell_named(cell), {2, 6, 5, 33}, InputKind::varying, Kept::trajectory, {}, 11);
    layer.forward(operations_of<float>(*backend));
    layer.backward(operations_of<float>(*backend));
    const Layer<float> apart = layer;
    EXPECT_TRUE(same_bits(apart.input_gradient, apart.recurrent_gradient));
    std::ranges::copy(layer.entering_last, layer.state_gradient.begin());
    std::ranges::fill(layer.input_gradient, NAN);
    LayerGradient<float> gradient = layer.gradient();
    gradient.recurrent = gradient.input;
    operations_of<float>(*backend).backward(layer.run(), gradient);
    EXPECT_TRUE(same_bits(layer.input_gradient, apart.input_gradient)) << cell;
    EXPECT_TRUE(same_bits(layer.state_gradient, apart.state_gradient)) << cell;
  }
}

// With a single step the stride between steps has no meaning.
TEST_P(EveryLayer, OneStepIsKeptWhateverTheStride) {
  const Shape shape{.replicas = 2, .steps = 1, .batch = 3, .units = 5};
  Layer<double> layer(GetParam(), shape, InputKind::varying, Kept::trajectory, {1, 0, 1, 1, 1, 1}, 2);
  layer.forward(operations);
  layer.backward(operations);
  const Layer<double> expected = layer;
  std::ranges::fill(layer.saved, NAN), std::ranges::fill(layer.intermediates, NAN);
  LayerRun<double> run = layer.run();
  LayerGradient<double> gradient = layer.gradient();
  run.saved.step = run.intermediates.step = gradient.recurrent.step = gradient.deep.step = 0;
  operations.forward(run);
  std::ranges::copy(layer.entering_last, layer.state_gradient.begin());
  operations.backward(run, gradient);
  EXPECT_TRUE(same_bits(layer.states, expected.states));
  EXPECT_TRUE(same_bits(layer.state_gradient, expected.state_gradient));
  EXPECT_TRUE(same_bits(layer.input_gradient, expected.input_gradient));
  EXPECT_TRUE(same_bits(layer.recurrent_gradient, expected.recurrent_gradient));
}

TEST_P(EveryLayer, PastItsEndASequenceHoldsItsStateAndDepositsZeros) {
  Layer<double> layer(GetParam(), small, InputKind::varying, Kept::trajectory, uneven, 4);
  layer.forward(operations);
  layer.backward(operations);
  const std::ptrdiff_t width = std::ptrdiff_t(GetParam().state) * small.units;
  const auto expect_zeros = [&](const std::vector<double>& gradient, int lanes, int place) {
    const std::ptrdiff_t row = std::ptrdiff_t(lanes) * small.units;
    for (std::ptrdiff_t i = 0; i < row; ++i) EXPECT_EQ(gradient[static_cast<std::size_t>(place * row + i)], 0);
  };
  for (int r = 0; r < small.replicas; ++r)
    for (int b = 0; b < small.batch; ++b) {
      const int length = uneven[static_cast<std::size_t>(r * small.batch + b)];
      for (int step = length; step < small.steps; ++step) {
        EXPECT_TRUE(
            std::equal(layer.state(r, length, b), layer.state(r, length, b) + width, layer.state(r, step + 1, b)));
        const int place = (r * small.steps + step) * small.batch + b;
        expect_zeros(layer.input_gradient, GetParam().input, place);
        expect_zeros(layer.recurrent_gradient, GetParam().recurrent, place);
        expect_zeros(layer.deep_gradient, GetParam().deep, place);
      }
    }
}

// When a trajectory is kept, every step is computed; when only the last state is kept, rows leave once they have
// settled.
TEST_P(EveryLayer, ASettledRunEndsInTheSameBitsAsAllItsSteps) {
  const Shape shape{.replicas = 2, .steps = 1501, .batch = 7, .units = 9};
  std::vector<int> lengths = uneven_lengths(shape, 5);
  lengths[0] = 0, lengths[1] = 1, lengths[2] = shape.steps, lengths[9] = shape.steps, lengths[10] = shape.steps - 1;
  for (const double gain : {0.5, 3.0}) {
    Layer<float> whole(GetParam(), shape, InputKind::constant, Kept::trajectory, lengths, 6);
    Layer<float> last(GetParam(), shape, InputKind::constant, Kept::last_state, lengths, 6);
    for (float& weight : whole.weight) weight *= float(gain);
    last.weight = whole.weight;
    Operations<float>& single = operations_of<float>(*backend);
    whole.forward(single);
    last.forward(single);
    const std::ptrdiff_t width = std::ptrdiff_t(GetParam().state) * shape.units;
    for (int r = 0; r < shape.replicas; ++r)
      for (int b = 0; b < shape.batch; ++b)
        EXPECT_EQ(std::memcmp(whole.state(r, shape.steps, b), last.state(r, 0, b), std::size_t(width) * sizeof(float)),
                  0)
            << "replica " << r << " sequence " << b << " gain " << gain;
  }
}

TEST_P(EveryLayer, ReplicasAndThreadsDoNotChangeABit) {
  const Shape shape{.replicas = 3, .steps = 6, .batch = 37, .units = 33};
  const std::vector<int> lengths = uneven_lengths(shape, 7);
  const auto computed = [&](int threads) {
    auto of = make_backend("cpu", threads);
    Layer<float> layer(GetParam(), shape, InputKind::varying, Kept::trajectory, lengths, 8);
    layer.forward(operations_of<float>(*of));
    layer.backward(operations_of<float>(*of));
    return layer;
  };
  const Layer<float> one = computed(1);
  EXPECT_TRUE(same_bits(one, computed(2)));
  EXPECT_TRUE(same_bits(one, computed(3)));
  EXPECT_TRUE(same_bits(one, computed(16)));

  Shape alone = shape;
  alone.replicas = 1;
  for (int r = 0; r < shape.replicas; ++r) {
    Layer<float> layer(GetParam(), alone, InputKind::varying, Kept::trajectory,
                       {lengths.begin() + r * shape.batch, lengths.begin() + (r + 1) * shape.batch}, 9);
    const auto part_of = [&](const std::vector<float>& all) {
      const auto size = static_cast<std::ptrdiff_t>(all.size()) / shape.replicas;
      return std::vector<float>(all.begin() + r * size, all.begin() + (r + 1) * size);
    };
    layer.weight = part_of(one.weight), layer.unit = part_of(one.unit), layer.input = part_of(one.input);
    layer.initial = part_of(one.initial), layer.entering = part_of(one.entering);
    layer.entering_last = part_of(one.entering_last);
    layer.forward(operations_of<float>(*backend));
    layer.backward(operations_of<float>(*backend));
    EXPECT_TRUE(same_bits(layer.states, part_of(one.states)));
    EXPECT_TRUE(same_bits(layer.totals, part_of(one.totals)));
    EXPECT_TRUE(same_bits(layer.input_gradient, part_of(one.input_gradient)));
    EXPECT_TRUE(same_bits(layer.weight_gradient, part_of(one.weight_gradient)));
  }
}

// Single precision differs from double by its rounding: some 1e-6 of the largest value after a few steps. A mistaken
// index or length, at a size that does not fill a vector, differs by 1e-1.
void expect_close(const char* what, const std::vector<float>& found, const std::vector<double>& exact) {
  ASSERT_EQ(found.size(), exact.size());
  double largest = 1, worst = 0;
  for (const double value : exact) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const double error = std::abs(double(found[i]) - exact[i]);
    worst = std::isnan(error) ? INFINITY : std::max(worst, error);
  }
  EXPECT_LT(worst / largest, 2e-5) << what;
}

TEST_P(EveryLayer, SingleAgreesWithDoubleAtAwkwardSizesOnEveryLevel) {
  const auto widen = [](const std::vector<float>& values) { return std::vector<double>(values.begin(), values.end()); };
  auto judge = backend_of_level("baseline", 1);
  for (const std::string& level : runnable_level_names()) {
    auto of = backend_of_level(level, 1);
    for (const int units : {1, 3, 31, 32, 33, 64, 100})
      for (const int batch : {1, 5, 17, 33}) {
        SCOPED_TRACE(level + ", " + std::to_string(units) + " units, " + std::to_string(batch) + " sequences");
        const Shape shape{.replicas = 1, .steps = 4, .batch = batch, .units = units};
        const std::vector<int> lengths = uneven_lengths(shape, static_cast<unsigned>(units + batch));
        Layer<float> single(GetParam(), shape, InputKind::varying, Kept::trajectory, lengths, 10);
        Layer<double> exact(GetParam(), shape, InputKind::varying, Kept::trajectory, lengths, 10);
        exact.weight = widen(single.weight), exact.unit = widen(single.unit), exact.input = widen(single.input);
        exact.initial = widen(single.initial), exact.entering = widen(single.entering);
        exact.entering_last = widen(single.entering_last);
        single.forward(operations_of<float>(*of)), single.backward(operations_of<float>(*of));
        exact.forward(operations_of<double>(*judge)), exact.backward(operations_of<double>(*judge));
        expect_close("states", single.states, exact.states);
        expect_close("initial state's gradient", single.state_gradient, exact.state_gradient);
        expect_close("input's gradient", single.input_gradient, exact.input_gradient);
        expect_close("unit's gradient", single.unit_gradient, exact.unit_gradient);
        expect_close("weight's gradient", single.weight_gradient, exact.weight_gradient);
      }
  }
}

// One recurrent weight of -3: the state swings between two values forever.
TEST(SettledRun, APeriodOfTwoIsFollowedToTheRightOne) {
  auto backend = make_backend("cpu", 1);
  const Shape shape{.replicas = 1, .steps = 400, .batch = 4, .units = 2};
  const std::vector<int> lengths{400, 399, 398, 301};
  Layer<float> whole(cell_named("elman"), shape, InputKind::constant, Kept::trajectory, lengths, 1);
  Layer<float> last(cell_named("elman"), shape, InputKind::constant, Kept::last_state, lengths, 1);
  whole.weight = {-3, 0, 0, -3};
  std::ranges::fill(whole.unit, 0.0f);
  std::ranges::fill(whole.input, 0.0f);
  last.weight = whole.weight, last.unit = whole.unit, last.input = whole.input;
  whole.forward(operations_of<float>(*backend));
  last.forward(operations_of<float>(*backend));
  EXPECT_NE(whole.state(0, 400, 0)[0], whole.state(0, 399, 0)[0]);
  EXPECT_EQ(whole.state(0, 400, 0)[0], whole.state(0, 398, 0)[0]);
  for (int b = 0; b < shape.batch; ++b)
    EXPECT_EQ(std::memcmp(whole.state(0, shape.steps, b), last.state(0, 0, b), 2 * sizeof(float)), 0) << b;
}

TEST(SettledRun, TwoThousandMillionStepsEnd) {
  auto backend = make_backend("cpu", 1);
  const Shape shape{.replicas = 1, .steps = 2'000'000'001, .batch = 5, .units = 16};
  for (const char* const cell : {"gru", "lstm", "elman"}) {
    const CellInfo& info = cell_named(cell);
    Layer<float> brief(info, {1, 1, 5, 16}, InputKind::constant, Kept::last_state, {}, 3);
    for (float& weight : brief.weight) weight *= 0.3f;
    brief.shape = shape;
    brief.forward(operations_of<float>(*backend));
    const std::vector<float> settled = brief.states;
    brief.initial = settled;
    brief.shape.steps = 1;
    brief.forward(operations_of<float>(*backend));
    for (std::size_t i = 0; i < settled.size(); ++i) EXPECT_NEAR(brief.states[i], settled[i], 1e-4) << cell;
  }
}

}  // namespace

}  // namespace hysteron
