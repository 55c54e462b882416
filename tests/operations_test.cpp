// What a backend computes apart from products and recurrences: losses, VAA and VAA*, Adam, moving rows.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <hysteron/backend.hpp>
#include <hysteron/random.hpp>

#include "tests/central_difference.hpp"

namespace hysteron {

namespace {

class OperationsOfTheCpu : public testing::Test {
 protected:
  std::unique_ptr<Backend> backend = make_backend("cpu", 2);
  Operations<double>& operations = operations_of<double>(*backend);
  std::mt19937 random{1};

  std::vector<double> draw(std::ptrdiff_t count) {
    std::normal_distribution<double> normal;
    std::vector<double> values(static_cast<std::size_t>(count));
    for (double& value : values) value = normal(random);
    return values;
  }
  template <class T>
  static View<T> view(std::vector<std::remove_const_t<T>>& values, int replicas, std::ptrdiff_t rows) {
    const std::ptrdiff_t columns = static_cast<std::ptrdiff_t>(values.size()) / replicas / rows;
    return {values.data(), replicas, rows, columns, rows * columns, columns};
  }
};

TEST_F(OperationsOfTheCpu, MeanSquaredErrorCountsWhatIsWithinTheLengths) {
  constexpr int replicas = 2, steps = 3, batch = 2, width = 2;
  auto outputs = draw(replicas * steps * batch * width), targets = draw(replicas * steps * batch * width);
  std::vector<double> gradient(outputs.size(), NAN), loss(replicas);
  const std::vector<int> lengths{7, 5, 4, 6};  // of a sequence whose step 4 is row 0
  LossRun<double> run;
  run.kind = LossKind::mse;
  run.steps = steps, run.batch = batch, run.first_step = 4;
  run.outputs = view<const double>(outputs, replicas, steps * batch);
  run.targets = view<const double>(targets, replicas, steps * batch);
  run.lengths = lengths.data();
  run.gradient = view<double>(gradient, replicas, steps * batch);
  run.loss = loss.data();
  const auto evaluate = [&] {
    operations.loss(run);
    return loss[0] + 2 * loss[1];
  };
  evaluate();
  for (int r = 0; r < replicas; ++r) {
    double sum = 0;
    int terms = 0;
    for (int t = 0; t < steps; ++t)
      for (int b = 0; b < batch; ++b)
        for (int i = 0; i < width; ++i) {
          const std::size_t at = static_cast<std::size_t>(((r * steps + t) * batch + b) * width + i);
          if (4 + t < lengths[static_cast<std::size_t>(r * batch + b)]) {
            sum += std::pow(outputs[at] - targets[at], 2);
            ++terms;
          } else {
            EXPECT_EQ(gradient[at], 0);
          }
        }
    EXPECT_NEAR(loss[static_cast<std::size_t>(r)], sum / terms, 1e-14);
  }
  auto expected = gradient;
  for (std::size_t at = expected.size() / 2; at < expected.size(); ++at) expected[at] *= 2;
  run.gradient = {};
  expect_central_difference("outputs", outputs, expected, evaluate);
}

TEST_F(OperationsOfTheCpu, ASequenceOfNoStepsGivesNoLossAndNoNan) {
  std::vector<double> outputs{1, 2}, targets{0, 0}, gradient(2, NAN), loss(1, NAN);
  const std::vector<int> lengths{0};
  LossRun<double> run;
  run.batch = 1;
  run.outputs = view<const double>(outputs, 1, 1), run.targets = view<const double>(targets, 1, 1);
  run.lengths = lengths.data(), run.gradient = view<double>(gradient, 1, 1), run.loss = loss.data();
  operations.loss(run);
  EXPECT_EQ(loss[0], 0);
  EXPECT_EQ(gradient, (std::vector<double>{0, 0}));
}

TEST_F(OperationsOfTheCpu, CrossEntropyAndAccuracy) {
  constexpr int replicas = 2, steps = 2, batch = 3, classes = 4;
  auto outputs = draw(replicas * steps * batch * classes);
  for (double& value : outputs) value *= 3;
  outputs[0] = 800;  // its exponential is infinite
  const std::vector<int> labels{0, 3, 2, 1, 1, 0};
  std::vector<double> gradient(outputs.size(), NAN), loss(replicas), accuracy(replicas);
  LossRun<double> run;
  run.kind = LossKind::cross_entropy;
  run.steps = steps, run.batch = batch;
  run.outputs = view<const double>(outputs, replicas, steps * batch);
  run.labels = labels.data();
  run.gradient = view<double>(gradient, replicas, steps * batch);
  run.loss = loss.data(), run.accuracy = accuracy.data();
  const auto evaluate = [&] {
    operations.loss(run);
    return loss[0] + 2 * loss[1];
  };
  evaluate();
  for (int r = 0; r < replicas; ++r) {
    double sum = 0, right = 0;
    for (int row = 0; row < steps * batch; ++row) {
      const double* const output = outputs.data() + (r * steps * batch + row) * classes;
      const int label = labels[static_cast<std::size_t>(r * batch + row % batch)];
      double normalizer = 0;
      for (int i = 0; i < classes; ++i) normalizer += std::exp(output[i] - output[label]);
      sum += std::log(normalizer);
      right += std::max_element(output, output + classes) == output + label;
    }
    EXPECT_NEAR(loss[static_cast<std::size_t>(r)], sum / (steps * batch), 1e-13);
    EXPECT_DOUBLE_EQ(accuracy[static_cast<std::size_t>(r)], right / (steps * batch));
  }
  auto expected = gradient;
  for (std::size_t at = expected.size() / 2; at < expected.size(); ++at) expected[at] *= 2;
  run.gradient = {};
  expect_central_difference("outputs", outputs, expected, evaluate);

  const std::vector<int> wrong{0, 3, 4, 1, 1, 0};
  run.labels = wrong.data();
  try {
    operations.loss(run);
    FAIL() << "a label out of range was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_EQ(error.text().found, "4");
  }
}

/// VAA* exactly by its definition.
double defined_variability(const double* states, int count, int width, double epsilon) {
  double sum = 0;
  for (int i = 0; i < count; ++i) {
    double near = 0;
    for (int j = 0; j < count; ++j) {
      double square = 0;
      for (int k = 0; k < width; ++k)
        square += std::pow(std::tanh(states[i * width + k]) - std::tanh(states[j * width + k]), 2);
      near += 1 - std::max(std::sqrt(square) - epsilon, 0.0) / (std::sqrt(square) + 1e-6);
    }
    sum += 1 / near;
  }
  return sum / count;
}

TEST_F(OperationsOfTheCpu, VariabilityIsAsDefinedAndItsGradientIsRight) {
  constexpr int replicas = 2, count = 6, width = 19;
  auto states = draw(replicas * count * width);
  for (double& value : states) value *= 0.3;
  for (int k = 0; k < width; ++k) {
    states[static_cast<std::size_t>(2 * width + k)] = states[static_cast<std::size_t>(k)];        // a duplicate
    states[static_cast<std::size_t>(3 * width + k)] = states[static_cast<std::size_t>(k)] + 0.1;  // a neighbor
  }
  std::vector<double> gradient(states.size(), NAN), value(replicas);
  VariabilityRun<double> run;
  run.states = view<const double>(states, replicas, count);
  run.epsilon = 0.05, run.target = 0.95, run.scale = 3;
  run.value = value.data();
  run.gradient = view<double>(gradient, replicas, count);
  operations.variability(run);
  for (int r = 0; r < replicas; ++r)
    EXPECT_NEAR(value[static_cast<std::size_t>(r)],
                defined_variability(states.data() + r * count * width, count, width, 0.05), 1e-13);
  for (const double partial : gradient) EXPECT_FALSE(std::isnan(partial));
  const auto expected = gradient;
  run.gradient = {};
  expect_central_difference("states", states, expected, [&] {
    operations.variability(run);
    return 3 * (std::pow(value[0] - 0.95, 2) + std::pow(value[1] - 0.95, 2));
  });
}

TEST_F(OperationsOfTheCpu, StatesThatAreAllAlikeHaveAGradientOfZero) {
  std::vector<float> states(32 * 64, 0.25f), gradient(states.size(), NAN);
  double value = NAN;
  VariabilityRun<float> run;
  run.states = view<const float>(states, 1, 32), run.value = &value, run.gradient = view<float>(gradient, 1, 32);
  operations_of<float>(*backend).variability(run);
  EXPECT_DOUBLE_EQ(value, 1.0 / 32);
  for (const float partial : gradient) EXPECT_EQ(partial, 0);
}

TEST_F(OperationsOfTheCpu, AttractorsAreCountedAsDefined) {
  constexpr int count = 40, width = 21;
  std::vector<double> states(2 * count * width), vaa(2);
  for (int r = 0; r < 2; ++r)
    for (int i = 0; i < count; ++i)
      for (int k = 0; k < width; ++k)  // groups of unequal size, one of them a chain of neighbors
        states[static_cast<std::size_t>((r * count + i) * width + k)] =
            (i % (5 + r)) * 0.1 + (k == width - 1 && i % 5 == 0 ? i * 4e-6 : 0.0) + (k == 3 && i == 7 ? 1 : 0);
  operations.attractors(view<const double>(states, 2, count), 1e-4, vaa.data());
  for (int r = 0; r < 2; ++r) {
    double sum = 0;
    for (int i = 0; i < count; ++i) {
      int near = 0;
      for (int j = 0; j < count; ++j) {
        double square = 0;
        for (int k = 0; k < width; ++k)
          square += std::pow(states[static_cast<std::size_t>((r * count + i) * width + k)] -
                                 states[static_cast<std::size_t>((r * count + j) * width + k)],
                             2);
        near += std::sqrt(square) < 1e-4;
      }
      sum += 1.0 / near;
    }
    EXPECT_NEAR(vaa[static_cast<std::size_t>(r)], sum / count, 1e-14);
    EXPECT_GT(vaa[static_cast<std::size_t>(r)], 1.0 / count);
    EXPECT_LT(vaa[static_cast<std::size_t>(r)], 1);
  }
}

/// Parameters after each step, printed by torch 1.13 in double: torch.optim.Adam(lr=1e-2, weight_decay=0.1) after
/// clip_grad_norm_(1.5), from (0.5, -1.25, 2, 0).
TEST_F(OperationsOfTheCpu, AdamTakesTheStepsOfPyTorch) {
  const std::vector<std::vector<double>> gradients{{0.3, -0.2, 5.0, 0.0}, {-0.1, 0.4, -2.0, 1e-9}, {1, 1, 1, 1}};
  const std::vector<double> norms{5.0129831437977126, 2.0420577856662137, 2};
  const std::vector<std::vector<double>> expected{
      {0.490000000715477, -1.240000000540995, 1.9900000000589582, 0},
      {0.48468295837404374, -1.2401026311425192, 1.9890992914971972, -0.00036751306737274229},
      {0.47767474573991153, -1.2460619931639569, 1.9858512616948294, -0.0067556489195278622}};
  // Four replicas: one that takes the steps, one not active, one with a gradient that is not finite, and one that takes
  // the steps again.
  const std::vector<double> start{0.5, -1.25, 2.0, 0.0};
  std::vector<double> values, gradient(16), first(16), second(16), norm(4);
  for (int r = 0; r < 4; ++r) values.insert(values.end(), start.begin(), start.end());
  const std::vector<double> rates(4, 1e-2);
  const std::vector<unsigned char> active{1, 0, 1, 1};
  AdamRun<double> run;
  run.values = view<double>(values, 4, 1), run.gradient = view<double>(gradient, 4, 1);
  run.first_moment = view<double>(first, 4, 1), run.second_moment = view<double>(second, 4, 1);
  run.learning_rate = rates.data(), run.active = active.data(), run.norm = norm.data();
  run.weight_decay = 0.1, run.clip = 1.5;
  for (std::size_t step = 0; step < gradients.size(); ++step) {
    const std::vector<int> steps(4, static_cast<int>(step) + 1);
    run.step = steps.data();
    for (std::size_t r = 0; r < 4; ++r)
      std::ranges::copy(gradients[step], gradient.begin() + static_cast<std::ptrdiff_t>(r * 4));
    gradient[9] = step == 1 ? NAN : INFINITY;
    operations.adam(run);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(values[i], expected[step][i], 1e-15);
      EXPECT_EQ(values[12 + i], values[i]);
      EXPECT_EQ(values[4 + i], start[i]);
      EXPECT_EQ(values[8 + i], start[i]);
    }
    EXPECT_NEAR(norm[0], norms[step], 1e-15 * norms[step]);
    EXPECT_FALSE(std::isfinite(norm[2]));
  }
}

TEST_F(OperationsOfTheCpu, TheNormOfAReplicaDoesNotDependOnItsNeighborsOrThreads) {
  const std::ptrdiff_t count = 40000;
  auto all = draw(3 * count);
  const auto norms = [&](std::vector<double>& values, int replicas, int threads) {
    auto of = make_backend("cpu", threads);
    std::vector<double> parameters(values.size()), first(values.size()), second(values.size()), norm(3), rates(3, 0.1);
    const std::vector<int> steps(3, 1);
    AdamRun<double> run;
    run.values = view<double>(parameters, replicas, 1), run.gradient = view<double>(values, replicas, 1);
    run.first_moment = view<double>(first, replicas, 1), run.second_moment = view<double>(second, replicas, 1);
    run.learning_rate = rates.data(), run.step = steps.data(), run.norm = norm.data();
    operations_of<double>(*of).adam(run);
    return norm;
  };
  const auto together = norms(all, 3, 1);
  EXPECT_EQ(together, norms(all, 3, 2));
  std::vector<double> middle(all.begin() + count, all.begin() + 2 * count);
  EXPECT_EQ(together[1], norms(middle, 1, 2)[0]);
}

TEST_F(OperationsOfTheCpu, GatherTakesEachReplicasOwnChoiceAndEndsInZeros) {
  constexpr int stored = 3, features = 2, steps = 5, batch = 2;
  std::vector<double> sequences(4 * stored * features);
  for (std::size_t i = 0; i < sequences.size(); ++i) sequences[i] = double(i) + 1;
  const std::vector<int> indices{3, 0, 1, 1};
  std::vector<double> gathered(2 * steps * batch * features, NAN);
  GatherRun<double> run;
  run.sequences = sequences.data(), run.stored_steps = stored, run.features = features;
  run.indices = indices.data(), run.indices_replica = batch, run.batch = batch, run.steps = steps;
  run.gathered = view<double>(gathered, 2, steps * batch);
  operations.gather(run);
  for (int r = 0; r < 2; ++r)
    for (int t = 0; t < steps; ++t)
      for (int b = 0; b < batch; ++b)
        for (int i = 0; i < features; ++i) {
          const int index = indices[static_cast<std::size_t>(r * batch + b)];
          const double expected = t < stored ? (index * stored + t) * features + i + 1 : 0;
          EXPECT_EQ(gathered[static_cast<std::size_t>(((r * steps + t) * batch + b) * features + i)], expected);
        }
}

TEST_F(OperationsOfTheCpu, GatherTakesLabelsFromAnOrderThatIsLongerThanTheBatch) {
  const std::vector<int> labels{10, 11, 12, 13}, orders{3, 0, 2, 1, 1, 2, 0, 3};
  std::vector<int> gathered(2 * 2, -1);
  operations.gather(GatherRun<int>{.sequences = labels.data(),
                                   .stored_steps = 1,
                                   .features = 1,
                                   .indices = orders.data() + 1,
                                   .indices_replica = 4,
                                   .batch = 2,
                                   .steps = 1,
                                   .gathered = {gathered.data(), 2, 2, 1, 2, 1}});
  EXPECT_EQ(gathered, (std::vector<int>{10, 12, 12, 10}));
}

// Literally what the documentation of ShuffleRun says, from the draws of Random.
TEST_F(OperationsOfTheCpu, AShuffleSortsEachReplicasOwnKeys) {
  const std::vector<std::uint64_t> seeds{7, std::uint64_t(1) << 40};
  constexpr int count = 1001;
  for (const std::uint64_t epoch : {std::uint64_t(0), std::uint64_t(1) << 33}) {
    std::vector<int> orders(2 * count);
    operations.shuffle({.seeds = seeds.data(), .replicas = 2, .count = count, .epoch = epoch, .orders = orders.data()});
    for (std::size_t r = 0; r < 2; ++r) {
      Random words(seeds[r], Stream::shuffle, epoch);
      std::vector<std::uint64_t> keys;
      for (int i = 0; i < count; ++i) {
        const std::uint64_t high = words.bits();
        keys.push_back(high << 32 | words.bits());
      }
      std::vector<int> expected(count);
      std::iota(expected.begin(), expected.end(), 0);
      std::ranges::stable_sort(expected, {}, [&](int i) { return keys[std::size_t(i)]; });
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), orders.begin() + std::ptrdiff_t(r) * count));
    }
  }
}

TEST_F(OperationsOfTheCpu, RowsAreRepeatedCopiedAndClearedWhereTheyLieAndNowhereElse) {
  auto from = draw(2 * 3 * 4), to = std::vector<double>(2 * 5 * 10, -1.0);
  const View<double> all = view<double>(to, 2, 5), target = all.rows_from(1, 3).columns_from(2, 4);
  operations.copy(view<const double>(from, 2, 3), target);
  for (int r = 0; r < 2; ++r)
    for (int i = 0; i < 5; ++i)
      for (int j = 0; j < 10; ++j) {
        const bool inside = i >= 1 && i < 4 && j >= 2 && j < 6;
        EXPECT_EQ(all.at(r, i)[j], inside ? from[static_cast<std::size_t>((r * 3 + i - 1) * 4 + j - 2)] : -1);
      }
  operations.repeat_row(view<const double>(from, 2, 3).rows_from(2, 1), target);
  EXPECT_EQ(target.at(1, 0)[3], from[23]);
  EXPECT_EQ(target.at(1, 2)[3], from[23]);
  operations.clear(target);
  EXPECT_EQ(target.at(1, 2)[3], 0);
  EXPECT_EQ(std::count(to.begin(), to.end(), 0.0), 24);
  EXPECT_EQ(std::count(to.begin(), to.end(), -1.0), 100 - 24);
}

}  // namespace

}  // namespace hysteron
