// Which schedule a recurrence takes on a GPU, and why: asking needs no GPU.
#include "cuda/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hysteron::cuda {

namespace {

using testing::AllOf, testing::HasSubstr;

const DeviceTraits hopper{.compute_capability = 90, .multiprocessors = 132, .shared_bytes = 227 * 1024};
const DeviceTraits ampere{.compute_capability = 80, .multiprocessors = 108, .shared_bytes = 163 * 1024};

RecurrenceKind kind(const char* cell, int units, int batch, int replicas = 1) {
  return {.cell = cell_named(cell), .shape = {replicas, 300, batch, units}};
}

void expect_refused(const RecurrenceKind& run, const DeviceTraits& device, const char* wish, const char* reason) {
  try {
    choose_schedule(run, device, wish);
    ADD_FAILURE() << wish << " was not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), HasSubstr(reason));
    EXPECT_THAT(error.what(), HasSubstr(wish));
  }
}

TEST(Schedule, SaysWhy) {
  EXPECT_EQ(choose_schedule(kind("gru", 128, 32), hopper, "auto").reason,
            "cluster: gru, 128 units: 192 KiB of weights in 2 blocks' registers; 32 sequences in 32 slices of 1");
  EXPECT_EQ(choose_schedule(kind("elman", 64, 1), hopper, "auto").reason,
            "solo: elman, 64 units: 16 KiB of weights in one block's registers; 1 sequence in 1 slice of 1");
  EXPECT_THAT(choose_schedule(kind("brc", 64, 8), hopper, "auto").reason, HasSubstr("scan: brc, 64 units: no unit"));
  EXPECT_THAT(choose_schedule(kind("lstm", 512, 8), hopper, "auto").reason, HasSubstr("stepwise: lstm, 512 units"));
}

TEST(Schedule, FollowsTheWeights) {
  const auto schedule_of = [](const char* cell, int units) {
    return choose_schedule(kind(cell, units, 16), hopper, "auto").schedule;
  };
  for (const char* const cell : {"elman", "nbrc", "mgu", "gru", "lmn", "lstm"}) {
    EXPECT_EQ(schedule_of(cell, 1), Schedule::solo) << cell;
    EXPECT_EQ(schedule_of(cell, 64), Schedule::solo) << cell;
    EXPECT_EQ(schedule_of(cell, 65), matrices_of(cell_named(cell)) <= 2 ? Schedule::solo : Schedule::cluster) << cell;
    EXPECT_EQ(schedule_of(cell, 129), Schedule::cluster) << cell;
    EXPECT_EQ(schedule_of(cell, 256), Schedule::cluster) << cell;
    EXPECT_EQ(schedule_of(cell, 257), Schedule::stepwise) << cell;
  }
}

TEST(Schedule, FillsTheDeviceBeforeItSharesABlock) {
  const auto slice = [](int batch, int replicas) {
    return choose_schedule(kind("gru", 64, batch, replicas), hopper, "auto").plan.sequences;
  };
  EXPECT_EQ(slice(1, 1), 1);
  EXPECT_EQ(slice(32, 1), 1);
  EXPECT_EQ(slice(1, 528), 1);
  EXPECT_GT(slice(512, 1), 1);
  EXPECT_GT(slice(16, 132), 1);
}

TEST(Schedule, EarlierDevicesHaveNoClusters) {
  EXPECT_EQ(choose_schedule(kind("gru", 64, 4), ampere, "auto").schedule, Schedule::solo);
  EXPECT_EQ(choose_schedule(kind("gru", 128, 4), ampere, "auto").schedule, Schedule::stepwise);
  expect_refused(kind("gru", 128, 4), ampere, "cluster", "compute capability 9.0 (this device: 8.0)");
}

TEST(Schedule, TakesOnlyTheClustersThatTheDeviceHolds) {
  DeviceTraits part = hopper;
  part.resident_clusters = [](const RecurrenceKind&, const PersistentPlan&) { return 0; };
  const char* const none = "not one cluster of 8 blocks has room on this device, or on the part of it";
  EXPECT_THAT(choose_schedule(kind("lstm", 200, 4), part, "auto").reason,
              AllOf(HasSubstr("stepwise"), HasSubstr(none)));
  expect_refused(kind("lstm", 200, 4), part, "cluster", none);
  expect_refused(kind("gru", 64, 4), part, "solo", "not one block of it has room");

  // The time grows with the turns that the clusters take: 40 slices of one, or larger slices in fewer turns.
  part.resident_clusters = [](const RecurrenceKind&, const PersistentPlan&) { return 40; };
  const ScheduleDecision all_at_once = choose_schedule(kind("gru", 128, 40), part, "cluster");
  part.resident_clusters = [](const RecurrenceKind&, const PersistentPlan&) { return 10; };
  const ScheduleDecision by_turns = choose_schedule(kind("gru", 128, 40), part, "cluster");
  EXPECT_EQ(all_at_once.plan.sequences, 1);
  EXPECT_GT(by_turns.plan.sequences, 1);
  EXPECT_GT(by_turns.microseconds_per_step, all_at_once.microseconds_per_step);
  EXPECT_EQ(choose_schedule(kind("gru", 128, 4000), part, "auto").schedule, Schedule::stepwise);
}

TEST(Schedule, AsksTheDeviceAboutTheKernelThatWouldRun) {
  DeviceTraits device = hopper;
  std::vector<std::string> asked;
  device.resident_clusters = [&](const RecurrenceKind& run, const PersistentPlan& plan) {
    asked.push_back(std::string(run.cell.name) + " " + std::to_string(plan.unit_class) + ":" +
                    std::to_string(plan.sequences));
    return 1000;
  };
  choose_schedule(kind("gru", 200, 4), device, "cluster");
  EXPECT_THAT(asked, testing::ElementsAre("gru 256:1", "gru 256:4", "gru 256:8"));
}

TEST(Schedule, DoubleIsComputedStepByStep) {
  RecurrenceKind run = kind("gru", 32, 4);
  run.precision = Precision::double_precision;
  EXPECT_EQ(choose_schedule(run, hopper, "auto").schedule, Schedule::stepwise);
  expect_refused(run, hopper, "solo", "in float alone");
  run.cell = cell_named("brc");
  EXPECT_EQ(choose_schedule(run, hopper, "auto").schedule, Schedule::scan);
}

TEST(Schedule, AWishIsGrantedOrRefusedWithTheReason) {
  EXPECT_EQ(choose_schedule(kind("gru", 64, 4), hopper, "stepwise").schedule, Schedule::stepwise);
  EXPECT_EQ(choose_schedule(kind("gru", 64, 4), hopper, "solo").schedule, Schedule::solo);
  EXPECT_EQ(choose_schedule(kind("gru", 200, 4), hopper, "cluster").schedule, Schedule::cluster);
  EXPECT_EQ(choose_schedule(kind("brc", 200, 4), hopper, "stepwise").schedule, Schedule::stepwise);
  expect_refused(kind("gru", 64, 4), hopper, "cluster", "the weights fit one block's registers");
  expect_refused(kind("gru", 200, 4), hopper, "solo", "they take 8");
  expect_refused(kind("gru", 300, 4), hopper, "cluster", "256 units at most");
  expect_refused(kind("gru", 64, 4), hopper, "scan", "depend on each other");
  expect_refused(kind("brc", 64, 4), hopper, "solo", "no recurrent matrix");
  expect_refused(kind("gru", 64, 4), hopper, "sole", "solo");
}

TEST(Schedule, AWishMayNameTheKernel) {
  for (const int slice : {1, 4}) {
    const std::string wish = "solo:64:" + std::to_string(slice);
    const ScheduleDecision decision = choose_schedule(kind("gru", 20, 9), hopper, wish);
    EXPECT_EQ(decision.schedule, Schedule::solo);
    EXPECT_EQ(decision.plan.unit_class, 64);
    EXPECT_EQ(decision.plan.sequences, slice);
  }
  EXPECT_EQ(choose_schedule(kind("gru", 20, 9), hopper, "cluster:128:8").plan.sequences, 8);
  expect_refused(kind("gru", 20, 9), hopper, "solo:64:8", "those that are: 32:1, 32:4, 64:1, 64:4, 128:1, 128:4");
  expect_refused(kind("gru", 65, 9), hopper, "solo:64:4", "those that are: 128:1");
  expect_refused(kind("gru", 20, 9), hopper, "solo:many", "no such kernel is compiled");
  expect_refused(kind("gru", 20, 9), hopper, "solo:128:4", "they take 2");
  expect_refused(kind("gru", 20, 9), hopper, "cluster:64:4", "fit one block's registers");
  expect_refused(kind("gru", 20, 9), hopper, "stepwise:64:4", "stepwise");
}

TEST(Schedule, AsksForNoMoreSharedMemoryThanThereIs) {
  DeviceTraits small = hopper;
  for (const CellInfo& cell : every_cell())
    for (const int units : {32, 64, 128, 256})
      for (const Direction direction : {Direction::forward, Direction::backward})
        for (const InputOverTime input : {InputOverTime::moves, InputOverTime::constant})
          for (const int available : {8, 48, 99, 163, 227}) {
            small.shared_bytes = available * 1024;
            const RecurrenceKind run{cell, {1, 10, 600, units}, Precision::single_precision, direction, input};
            const ScheduleDecision decision = choose_schedule(run, small, "auto");
            if (decision.schedule != Schedule::solo && decision.schedule != Schedule::cluster) continue;
            const PersistentLayout layout =
                persistent_layout(matrices_of(cell), decision.plan.unit_class, decision.plan.sequences);
            EXPECT_LE(direction == Direction::forward ? forward_shared_bytes(cell, layout, input)
                                                      : backward_shared_bytes(cell, layout, input),
                      small.shared_bytes);
          }
}

TEST(Schedule, NoThreadHoldsMoreWeightsThanRegistersAllow) {
  for (const CellInfo& cell : every_cell())
    for (const int unit_class : unit_classes) {
      const PersistentLayout layout = persistent_layout(matrices_of(cell), unit_class, 1);
      EXPECT_LE(tile_units * matrices_of(cell) * layout.columns(), 128) << cell.name << ", " << unit_class;
      EXPECT_LE(layout.threads(), 256);
      EXPECT_EQ(layout.units, unit_class);
    }
}

}  // namespace

}  // namespace hysteron::cuda
