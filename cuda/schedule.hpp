#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/persistent/plans.hpp"

namespace hysteron::cuda {

/// How a recurrence runs over time: a product and a point-wise kernel per step; one launch of lone blocks or of
/// clusters with the weights in registers (kernels/persistent); or one launch without products (cells that have none).
enum class Schedule { stepwise, solo, cluster, scan };
std::string_view name_of(Schedule schedule);

enum class Precision { single_precision, double_precision };
enum class Direction { forward, backward };

/// The properties of a run, and of a device, on which the choice depends.
struct RecurrenceKind {
  CellInfo cell;
  Shape shape{};
  Precision precision = Precision::single_precision;
  Direction direction = Direction::forward;
  InputOverTime input = InputOverTime::moves;
  bool has_persistent_kernels = true;  ///< this build has compiled them for the cell
};
/// A schedule that a device must not use, and why, in words.
struct ShutSchedule {
  std::string name, reason;
};
struct DeviceTraits {
  int compute_capability = 0;  ///< 80, 90, ..
  int multiprocessors = 0;
  int shared_bytes = 0;  ///< the most that a block can request
  /// How many clusters (or lone blocks) of that kernel the device holds at the same time; unset: estimated.
  std::function<int(const RecurrenceKind&, const PersistentPlan&)> resident_clusters = {};
  std::vector<ShutSchedule> shut = {};
};

struct ScheduleDecision {
  Schedule schedule = Schedule::stepwise;
  PersistentPlan plan;               ///< for solo and cluster
  double microseconds_per_step = 0;  ///< according to the model in schedule.cpp
  std::string reason;                ///< a sentence
};

/// wish: auto | stepwise | solo | cluster | scan; solo and cluster also with the kernel to take, "cluster:128:8": unit
/// class and size of a slice (kernels/persistent/plans.hpp). Throws a usage error if the requested schedule cannot run
/// this, saying why and which would. Of all possible schedules, auto takes the one that is fastest according to the
/// model; the size of a slice of the batch is chosen in the same way.
ScheduleDecision choose_schedule(const RecurrenceKind& kind, const DeviceTraits& device, std::string_view wish);

}  // namespace hysteron::cuda
