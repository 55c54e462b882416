#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <span>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/error.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

#include "tests/made_task.hpp"

namespace hysteron {
namespace {

using ::testing::HasSubstr;

std::span<const float> sequence(const Sequences& all, int n) {
  const auto size = static_cast<std::size_t>(all.steps * all.features);
  return std::span(all.inputs).subspan(static_cast<std::size_t>(n) * size, size);
}

std::span<const float> target(const Sequences& all, int n) {
  const auto size = static_cast<std::size_t>(all.target_steps * all.outputs);
  return std::span(all.targets).subspan(static_cast<std::size_t>(n) * size, size);
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Mean and variance of n draws of N(0, 1) are within five standard errors, except once in a million seeds; the seed is
// fixed.
void expect_standard_normal(std::span<const double> values) {
  const double count = static_cast<double>(values.size());
  std::vector<double> squares(values.size());
  std::transform(values.begin(), values.end(), squares.begin(), [](double value) { return value * value; });
  EXPECT_NEAR(mean(values), 0, 5 / std::sqrt(count));
  EXPECT_NEAR(mean(squares), 1, 5 * std::sqrt(2 / count));
}

TEST(Slice, TakesTheRowsOfEverything) {
  const Sequences all = {.count = 3,
                         .steps = 2,
                         .features = 2,
                         .inputs = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
                         .black = 4,
                         .lengths = {1, 2, 1},
                         .target_steps = 1,
                         .outputs = 2,
                         .targets = {20, 21, 22, 23, 24, 25},
                         .labels = {}};
  const Sequences part = slice(all, 1, 2);
  EXPECT_EQ(part.count, 2);
  EXPECT_EQ(part.steps, 2);
  EXPECT_EQ(part.features, 2);
  EXPECT_EQ(part.inputs, (std::vector<float>{4, 5, 6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(part.total_steps(), 6);
  EXPECT_EQ(part.lengths, (std::vector<int>{2, 1}));
  EXPECT_EQ(part.target_steps, 1);
  EXPECT_EQ(part.outputs, 2);
  EXPECT_EQ(part.targets, (std::vector<float>{22, 23, 24, 25}));
  EXPECT_TRUE(part.labels.empty());
}

TEST(Slice, TakesLabelsAndEmptyParts) {
  const Sequences all = {.count = 3,
                         .steps = 1,
                         .features = 1,
                         .inputs = {5, 6, 7},
                         .lengths = {},
                         .outputs = 9,
                         .targets = {},
                         .labels = {8, 0, 3}};
  EXPECT_EQ(slice(all, 0, 2).labels, (std::vector<int>{8, 0}));
  EXPECT_EQ(slice(all, 2, 1).inputs, (std::vector<float>{7}));
  EXPECT_EQ(slice(all, 3, 0).count, 0);
  EXPECT_TRUE(slice(all, 3, 0).inputs.empty());
}

TEST(Slice, RefusesWhatIsNotThere) {
  const Sequences all = {
      .count = 2, .steps = 1, .features = 1, .inputs = {1, 2}, .lengths = {}, .targets = {}, .labels = {}};
  EXPECT_THROW(slice(all, 1, 2), Error);
  EXPECT_THROW(slice(all, -1, 1), Error);
  EXPECT_THROW(slice(all, 0, -1), Error);
  EXPECT_THROW(slice(all, 3, 0), Error);
}

TEST(CopyFirstInput, AsksForTheFirstOfManyNumbers) {
  const TaskData data =
      made_task("copy_first_input", {{"task.steps", "50"}, {"task.train", "400"}, {"task.test", "30"}});
  EXPECT_EQ(data.loss, LossKind::mse);
  EXPECT_EQ(data.outputs, 1);
  EXPECT_EQ(data.read_steps, 1);
  EXPECT_EQ(data.trivial_loss, 1.0);
  EXPECT_EQ(data.solved_loss, 0.02);
  EXPECT_FALSE(data.solved_accuracy);
  for (const Sequences* all : {&data.train, &data.test}) {
    EXPECT_EQ(all->steps, 50);
    EXPECT_EQ(all->total_steps(), 50);
    EXPECT_EQ(all->features, 1);
    EXPECT_EQ(all->target_steps, 1);
    EXPECT_EQ(all->outputs, 1);
    EXPECT_TRUE(all->lengths.empty());
    EXPECT_TRUE(all->labels.empty());
    ASSERT_EQ(all->inputs.size(), static_cast<std::size_t>(all->count) * 50);
    ASSERT_EQ(all->targets.size(), static_cast<std::size_t>(all->count));
    for (int n = 0; n < all->count; ++n) EXPECT_EQ(target(*all, n).front(), sequence(*all, n).front());
  }
  EXPECT_EQ(data.train.count, 400);
  EXPECT_EQ(data.test.count, 30);
  expect_standard_normal(std::vector<double>(data.train.inputs.begin(), data.train.inputs.end()));
  expect_standard_normal(std::vector<double>(data.train.targets.begin(), data.train.targets.end()));
}

TEST(CopyFirstInput, MayBeOfOneStepAndSolvedElsewhere) {
  const TaskData data = made_task(
      "copy_first_input", {{"task.steps", "1"}, {"task.train", "3"}, {"task.test", "2"}, {"task.solved", "0.5"}});
  EXPECT_EQ(data.train.inputs, data.train.targets);
  EXPECT_EQ(data.solved_loss, 0.5);
}

class DrawnTask : public ::testing::TestWithParam<std::string> {};

TEST_P(DrawnTask, IsTheSameForTheSameSeedAndDifferentForAnother) {
  const auto of_seed = [](const char* seed) {
    return made_task(GetParam(), {{"task.steps", "20"}, {"task.train", "8"}, {"task.test", "8"}, {"task.seed", seed}});
  };
  const TaskData first = of_seed("7"), again = of_seed("7"), other = of_seed("8");
  EXPECT_EQ(first.train.inputs, again.train.inputs);
  EXPECT_EQ(first.train.targets, again.train.targets);
  EXPECT_EQ(first.test.inputs, again.test.inputs);
  EXPECT_NE(first.train.inputs, other.train.inputs);
  EXPECT_NE(first.test.inputs, other.test.inputs);
}

TEST_P(DrawnTask, DrawsASmallerSetAsTheBeginningOfALargerOne) {
  const auto of_size = [](const char* train, const char* test) {
    return made_task(GetParam(), {{"task.steps", "20"}, {"task.train", train}, {"task.test", test}});
  };
  const TaskData small = of_size("5", "3"), large = of_size("9", "10");
  EXPECT_EQ(slice(large.train, 0, 5).inputs, small.train.inputs);
  EXPECT_EQ(slice(large.train, 0, 5).targets, small.train.targets);
  EXPECT_EQ(slice(large.test, 0, 3).inputs, small.test.inputs);
}

TEST_P(DrawnTask, DrawsNoSequenceTwice) {
  const TaskData data = made_task(GetParam(), {{"task.steps", "20"}, {"task.train", "50"}, {"task.test", "50"}});
  std::set<std::vector<float>> seen;
  for (const Sequences* all : {&data.train, &data.test})
    for (int n = 0; n < all->count; ++n) seen.insert({sequence(*all, n).begin(), sequence(*all, n).end()});
  EXPECT_EQ(seen.size(), 100u);
}

TEST_P(DrawnTask, RefusesSizesThatAreNoSizes) {
  for (const char* key : {"task.steps", "task.train", "task.test"}) {
    const Error error = error_of_task(GetParam(), {{key, "0"}});
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), HasSubstr(key));
  }
  EXPECT_EQ(error_of_task(GetParam(), {{"task.seed", "-1"}}).kind(), ErrorKind::usage);
}

INSTANTIATE_TEST_SUITE_P(Tasks, DrawnTask, ::testing::Values("copy_first_input", "denoising"));

TEST(Denoising, FlagsFiveNumbersAndAsksForThemInOrder) {
  const int steps = 40, pad = 12;
  const TaskData data =
      made_task("denoising", {{"task.steps", "40"}, {"task.pad", "12"}, {"task.train", "2000"}, {"task.test", "20"}});
  EXPECT_EQ(data.read_steps, 5);
  EXPECT_EQ(data.outputs, 1);
  EXPECT_EQ(data.trivial_loss, 1.0);
  EXPECT_EQ(data.solved_loss, 0.05);
  ASSERT_EQ(data.train.features, 2);
  ASSERT_EQ(data.train.target_steps, 5);
  std::vector<double> noise;
  std::vector<int> flagged(static_cast<std::size_t>(steps));
  for (int n = 0; n < data.train.count; ++n) {
    const auto inputs = sequence(data.train, n);
    std::vector<float> wanted;
    for (int step = 0; step < steps; ++step) {
      const float value = inputs[static_cast<std::size_t>(2 * step)],
                  flag = inputs[static_cast<std::size_t>(2 * step + 1)];
      noise.push_back(value);
      if (step == steps - 5) {
        EXPECT_EQ(flag, -1) << "sequence " << n;
      } else if (step >= steps - pad) {
        EXPECT_EQ(flag, 0) << "sequence " << n << ", step " << step;
      } else if (flag != 0) {
        EXPECT_EQ(flag, 1) << "sequence " << n << ", step " << step;
        wanted.push_back(value);
        ++flagged[static_cast<std::size_t>(step)];
      }
    }
    EXPECT_THAT(wanted, ::testing::ElementsAreArray(target(data.train, n))) << "sequence " << n;
  }
  expect_standard_normal(noise);
  // Each of the 28 steps is flagged with probability 5/28: five standard deviations of a binomial.
  const double share = 5.0 / (steps - pad), expected = 2000 * share, spread = std::sqrt(expected * (1 - share));
  for (int step = 0; step < steps - pad; ++step)
    EXPECT_NEAR(flagged[static_cast<std::size_t>(step)], expected, 5 * spread) << step;
}

TEST(Denoising, FlagsEveryStepWhenThereAreJustFive) {
  const TaskData data = made_task("denoising", {{"task.steps", "10"}, {"task.train", "1"}, {"task.test", "1"}});
  for (std::size_t step = 0; step < 5; ++step) {
    EXPECT_EQ(data.train.inputs[2 * step + 1], 1);
    EXPECT_EQ(data.train.inputs[2 * step], data.train.targets[step]);
  }
}

TEST(Denoising, RefusesSequencesTooShort) {
  const Error error = error_of_task("denoising", {{"task.steps", "16"}, {"task.pad", "12"}});
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.what(), HasSubstr("at least 17"));
  EXPECT_THAT(error.what(), HasSubstr("found 16"));
  EXPECT_THAT(error.what(), HasSubstr("hint: "));
  EXPECT_EQ(error_of_task("denoising", {{"task.pad", "4"}}).kind(), ErrorKind::usage);
}

TEST(Task, EveryOneDescribesItselfInALineAndDeclaresOnlyItsOwnKeys) {
  ASSERT_THAT(Registry<Task>::names(), ::testing::IsSupersetOf({"arrays", "copy_first_input", "denoising",
                                                                "permuted_mnist", "row_mnist", "sequential_mnist"}));
  for (const std::string& name : Registry<Task>::names()) {
    const auto task = Registry<Task>::make(name);
    EXPECT_THAT(task->description(), ::testing::Not(HasSubstr("\n"))) << name;
    EXPECT_FALSE(task->description().empty()) << name;
    const Error error = error_of_task(name, {{"task.stepz", "3"}});
    EXPECT_EQ(error.kind(), ErrorKind::usage) << name;
    EXPECT_THAT(error.what(), HasSubstr("task.stepz")) << name;
  }
}

}  // namespace
}  // namespace hysteron
