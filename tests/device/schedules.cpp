// Which schedule a run takes, what is reported, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/recurrence.hpp>

#include "tests/device/on_device.hpp"

namespace hysteron {
namespace {

class DeviceSchedules : public OnDevice {
 protected:
  void TearDown() override {
    if (machine().gpu) gpu().on_schedule({});
  }

  /// A forward run of a network of zeros.
  template <class Real>
  static void run(const char* name, int units) {
    const CellInfo& cell = cell_named(name);
    const std::ptrdiff_t gates = std::ptrdiff_t(cell.input) * units, matrices = std::ptrdiff_t(cell.matrices()) * units;
    Tensor<Real> ih(gpu(), {gates}), hh(gpu(), {matrices, units}), bias(gpu(), {gates}),
        unit(gpu(), {std::ptrdiff_t(cell.unit) * units}), source(gpu(), {6});
    Recurrence<Real> recurrence(gpu(), cell, {.replicas = 1, .units = units, .inputs = 1, .largest = {3, 2}},
                                Keep::states, InputMode::sequence);
    const CellWeights<const Real> weights{ih.view(1, gates, 1), hh.view(1, matrices, units), bias.view(1, 1, gates),
                                          unit.view(1, 1, std::ptrdiff_t(cell.unit) * units)};
    const std::vector<View<const Real>> sources{source.view(1, 6, 1)};
    recurrence.forward(weights, sources, {3, 2}, nullptr, {});
  }
};

TEST_F(DeviceSchedules, EachKindOfRunIsToldOnce) {
  std::vector<ScheduleChoice> told;
  gpu().on_schedule([&](const ScheduleChoice& choice) { told.push_back(choice); });
  gpu().use_schedule("auto");
  for (int round = 0; round < 3; ++round) {
    run<float>("gru", 33);
    run<float>("brc", 33);
    run<double>("gru", 33);
  }
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].run, "gru, 33 units, 2 sequences, float, forward");
  EXPECT_EQ(told[0].schedule, "solo");
  EXPECT_EQ(told[1].schedule, "scan");
  EXPECT_EQ(told[2].schedule, "stepwise");
  for (const ScheduleChoice& one : told) EXPECT_THAT(one.reason, testing::HasSubstr("33 units"));
}

TEST_F(DeviceSchedules, WhatAScheduleCannotRunIsRefused) {
  const auto refused = [](const char* schedule, const auto& work) {
    gpu().use_schedule(schedule);
    try {
      work();
      ADD_FAILURE() << schedule << " took it";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage) << error.what();
      EXPECT_THAT(error.what(), testing::HasSubstr(schedule));
    }
  };
  refused("solo", [] { run<float>("brc", 8); });
  refused("solo", [] { run<double>("gru", 8); });
  refused("cluster", [] { run<float>("gru", 8); });
  refused("scan", [] { run<float>("gru", 8); });
  refused("solo", [] { run<float>("gru", 257); });
  gpu().use_schedule("stepwise");
  run<float>("gru", 257);
  EXPECT_THROW(gpu().use_schedule("grid"), Error);
}

}  // namespace
}  // namespace hysteron
