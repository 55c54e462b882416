// Under ThreadSanitizer every thread of a block is a thread, and only barriers, mbarriers and launches order them:
// correct code passes, and each planted race is reported, in whatever order the threads ran.
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "faulty_kernels.cuh"
#include "kernels/adam.cuh"
#include "kernels/attractors.cuh"
#include "kernels/loss.cuh"
#include "kernels/rows.cuh"
#include "kernels/variability.cuh"

// A race ends the program at once, so that a test can see it.
extern "C" const char* __tsan_default_options() { return "halt_on_error=1:report_bugs=1"; }

namespace hysteron::cuda {

namespace {

template <Fault fault>
void reverse() {
  std::vector<float> from(3 * reversed_block, 1.0f), to(from.size());
  int blocks = 0;
  launch({.grid = dim3(3), .block = dim3(reversed_block)}, reverse_blocks<fault>, from.data(), to.data(), &blocks);
}

template <Fault fault>
void go_around() {
  std::vector<float> sums(ring_blocks * ring_threads);
  launch({.grid = dim3(ring_blocks), .block = dim3(ring_threads), .cluster = dim3(ring_blocks)}, send_around<fault>, 9,
         sums.data());
}

TEST(Races, NoneIsReportedWhereThereIsNone) {
  cuda_emulator::for_each_schedule(2, [] {
    reverse<Fault::none>();
    go_around<Fault::none>();
  });
}

TEST(RacesDeathTest, EachPlantedRaceIsReported) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(reverse<Fault::missing_barrier>(), "data race");
  EXPECT_DEATH(reverse<Fault::plain_addition>(), "data race");
  EXPECT_DEATH(go_around<Fault::two_buffers>(), "data race");
  EXPECT_DEATH(go_around<Fault::lone_wait>(), "data race");
  EXPECT_DEATH(go_around<Fault::no_acquire>(), "data race");
}

std::vector<float> drawn(std::size_t count) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

// The kernels whose threads exchange values.
TEST(Races, NoneInSumsOfRows) {
  auto rows = drawn(600 * 5);
  std::vector<float> sums(5);
  const View<const float> view{rows.data(), 1, 600, 5, 3000, 5};
  std::vector<std::byte> workspace(sum_rows_workspace(view));
  launch_sum_rows<float>(view, {sums.data(), 1, 1, 5, 5, 5}, Result::replaced, workspace.data(), nullptr);
  EXPECT_TRUE(std::isfinite(sums[4]));
}

TEST(Races, NoneInLosses) {
  auto outputs = drawn(2 * 3 * 5);
  std::vector<float> gradient(outputs.size());
  const std::vector<int> labels{1, 0, 4}, lengths{2, 1, 2};
  std::vector<double> loss(1), accuracy(1);
  LossRun<float> run;
  run.kind = LossKind::cross_entropy, run.steps = 2, run.batch = 3;
  run.outputs = {outputs.data(), 1, 6, 5, 30, 5}, run.gradient = {gradient.data(), 1, 6, 5, 30, 5};
  run.labels = labels.data(), run.lengths = lengths.data(), run.loss = loss.data(), run.accuracy = accuracy.data();
  std::vector<std::byte> workspace(loss_workspace(run));
  launch_loss(run, workspace.data(), nullptr);
  EXPECT_TRUE(std::isfinite(loss[0]));
}

TEST(Races, NoneInAdam) {
  auto values = drawn(5000), gradient = drawn(5000);
  std::vector<float> first(5000), second(5000);
  const std::vector<double> rate{1e-3};
  const std::vector<int> step{1};
  std::vector<double> norm(1);
  AdamRun<float> run;
  run.values = {values.data(), 1, 1, 5000, 5000, 5000}, run.gradient = {gradient.data(), 1, 1, 5000, 5000, 5000};
  run.first_moment = {first.data(), 1, 1, 5000, 5000, 5000},
  run.second_moment = {second.data(), 1, 1, 5000, 5000, 5000};
  run.learning_rate = rate.data(), run.step = step.data(), run.norm = norm.data(), run.clip = 1;
  std::vector<std::byte> workspace(adam_workspace(run));
  launch_adam(run, workspace.data(), nullptr);
  EXPECT_TRUE(std::isfinite(norm[0]));
}

TEST(Races, NoneInDistancesOfPairs) {
  auto states = drawn(20 * 40);
  std::vector<float> gradient(states.size());
  std::vector<double> value(1), vaa(1);
  VariabilityRun<float> run;
  run.states = {states.data(), 1, 20, 40, 800, 40}, run.gradient = {gradient.data(), 1, 20, 40, 800, 40};
  run.value = value.data();
  std::vector<std::byte> workspace(variability_workspace(run));
  launch_variability(run, workspace.data(), nullptr);
  launch_attractors<float>(run.states, 1e-4, vaa.data(), workspace.data(), nullptr);
  EXPECT_GT(value[0], 0);
  EXPECT_EQ(vaa[0], 1);
}

}  // namespace

}  // namespace hysteron::cuda
