// The loss of independent binary outputs, and the frame-level accuracy.
#include <algorithm>
#include <cmath>
#include <memory>

#include <gtest/gtest.h>

#include <hysteron/trainer.hpp>

#include "tests/network.hpp"

namespace hysteron {
namespace {

constexpr int replicas = 2, steps = 3, batch = 4, outputs = 5;

class BinaryCrossEntropy : public testing::Test {
 protected:
  void SetUp() override {
    values = normal_draws<double>(replicas * steps * batch * outputs, 1, 2);
    Random random(2, Stream::test_of_library);
    for (std::size_t i = 0; i < values.size(); ++i) targets.push_back(random.below(3) == 0 ? 1 : 0);
    gradient.assign(values.size(), -7);
  }
  LossRun<double> run() {
    LossRun<double> loss_run;
    loss_run.kind = LossKind::binary_cross_entropy;
    loss_run.steps = steps, loss_run.batch = batch, loss_run.first_step = 2;
    loss_run.outputs = view_of<const double>(values, replicas, steps * batch);
    loss_run.targets = view_of<const double>(targets, replicas, steps * batch);
    loss_run.lengths = lengths.data();
    loss_run.gradient = view_of<double>(gradient, replicas, steps * batch);
    loss_run.loss = loss, loss_run.accuracy = accuracy, loss_run.answers = answers;
    return loss_run;
  }
  bool counts(int r, int row) const {
    return 2 + row / batch < lengths[static_cast<std::size_t>(r * batch + row % batch)];
  }

  std::unique_ptr<Backend> backend = make_backend("cpu", 2);
  Operations<double>& operations = operations_of<double>(*backend);
  std::vector<int> lengths = {5, 3, 2, 4, 4, 5, 5, 1};
  std::vector<double> values, targets, gradient;
  double loss[replicas] = {}, accuracy[replicas] = {}, answers[replicas] = {};
};

TEST_F(BinaryCrossEntropy, IsTheMeanOverTheStepsThatCount) {
  operations.loss(run());
  for (int r = 0; r < replicas; ++r) {
    double sum = 0, rows = 0, right = 0, said_or_is = 0;
    for (int row = 0; row < steps * batch; ++row) {
      if (!counts(r, row)) continue;
      ++rows;
      for (int i = 0; i < outputs; ++i) {
        const auto at = static_cast<std::size_t>((r * steps * batch + row) * outputs + i);
        const double chance = 1 / (1 + std::exp(-values[at]));
        sum -= targets[at] == 1 ? std::log(chance) : std::log(1 - chance);
        right += chance > 0.5 && targets[at] == 1;
        said_or_is += chance > 0.5 || targets[at] == 1;
      }
    }
    EXPECT_NEAR(loss[r], sum / rows, 1e-12 * sum);
    EXPECT_NEAR(accuracy[r], right / said_or_is, 1e-15);
    EXPECT_EQ(answers[r], said_or_is);
  }
}

TEST_F(BinaryCrossEntropy, HasTheGradientOfItsDifferences) {
  operations.loss(run());
  const std::vector<double> found = gradient;
  for (int r = 0; r < replicas; ++r) {
    constexpr std::ptrdiff_t count = steps * batch * outputs;
    const std::ptrdiff_t first = r * count;
    std::vector<double> knob(values.begin() + first, values.begin() + first + count),
        expected(found.begin() + first, found.begin() + first + count);
    expect_gradient("outputs", knob, expected, [&] {
      std::copy(knob.begin(), knob.end(), values.begin() + first);
      operations.loss(run());
      return loss[r];
    });
    for (int row = 0; row < steps * batch; ++row) {
      if (counts(r, row)) continue;
      for (int i = 0; i < outputs; ++i) EXPECT_EQ(expected[static_cast<std::size_t>(row * outputs + i)], 0);
    }
  }
}

TEST_F(BinaryCrossEntropy, OverflowsNowhereAndKeepsNan) {
  std::fill(lengths.begin(), lengths.end(), 5);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = targets[i] == 1 ? -2000 : 2000;
  operations.loss(run());
  EXPECT_NEAR(loss[0], 2000 * outputs, 1e-9);
  EXPECT_EQ(accuracy[0], 0);
  for (std::size_t i = 0; i < gradient.size(); ++i)
    EXPECT_NEAR(gradient[i], (targets[i] == 1 ? -1.0 : 1.0) / (steps * batch), 1e-15);
  for (double& value : values) value = -value;
  operations.loss(run());
  EXPECT_EQ(loss[1], 0);
  EXPECT_EQ(accuracy[1], 1);
  values[3] = NAN;
  operations.loss(run());
  EXPECT_TRUE(std::isnan(loss[0]));
  EXPECT_EQ(loss[1], 0);
}

TEST_F(BinaryCrossEntropy, OfNothingIsNothing) {
  std::fill(lengths.begin(), lengths.end(), 0);
  operations.loss(run());
  EXPECT_EQ(loss[0], 0);
  EXPECT_EQ(accuracy[0], 0);
  EXPECT_EQ(answers[0], 0);
}

// Whatever the batches: the accuracy is a fraction of all notes, not a mean of fractions.
TEST_F(BinaryCrossEntropy, EvaluationIsThatOfTheWholeSet) {
  Sequences sequences = normal_sequences(300, 4, 2, 3);  // more than one evaluation takes at once
  sequences.target_steps = 4, sequences.outputs = 3;
  Random random(3, Stream::test_of_library, 1);
  sequences.targets.clear();
  for (int i = 0; i < 300 * 4 * 3; ++i) sequences.targets.push_back(random.below(2) == 0 ? 1.0F : 0.0F);
  for (int n = 0; n < 300; ++n) sequences.lengths.push_back(1 + static_cast<int>(random.below(4)));
  Model<double> model(
      *backend,
      {.cell = &cell_named("gru"), .units = 5, .layers = 1, .structure = Structure::stack, .inputs = 2, .outputs = 3},
      2);
  draw_network(model, 1, 3);
  const Evaluation found = evaluate(model, sequences, LossKind::binary_cross_entropy, 4);

  std::vector<double> sum(2), right(2), said_or_is(2);
  double rows = 0;
  Batches<double> batches(*backend, sequences, 2, 1);
  Unrolled<double> unrolled(model, {4, 1}, 4, Keep::states);
  for (int n = 0; n < 300; ++n) {
    const Batch<double> one = batches.gather(std::vector<int>{n, n});
    unrolled.forward(one.inputs, one.extent, one.lengths);
    const int length = sequences.lengths[static_cast<std::size_t>(n)];
    rows += length;
    for (int r = 0; r < 2; ++r)
      for (int step = 0; step < length; ++step)
        for (int i = 0; i < 3; ++i) {
          const double x = unrolled.outputs().at(r, step)[i];
          const bool is = sequences.targets[static_cast<std::size_t>((n * 4 + step) * 3 + i)] == 1;
          const auto at = static_cast<std::size_t>(r);
          sum[at] += std::log1p(std::exp(is ? -x : x));
          right[at] += x > 0 && is;
          said_or_is[at] += x > 0 || is;
        }
  }
  for (std::size_t r = 0; r < 2; ++r) {
    EXPECT_NEAR(found.loss[r], sum[r] / rows, 1e-12);
    EXPECT_NEAR(found.accuracy[r], right[r] / said_or_is[r], 1e-14);
  }
}

}  // namespace
}  // namespace hysteron
