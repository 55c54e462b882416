#pragma once
#include <string>
#include <string_view>

#include "kernels/persistent/plans.hpp"

namespace hysteron::cuda {

/// How a recurrence runs over time: a product and a point-wise kernel a step; one launch of lone blocks or of clusters
/// with the weights in registers (kernels/persistent); one launch without products (cells with none).
enum class Schedule { stepwise, solo, cluster, scan };
std::string_view name_of(Schedule schedule);

enum class Precision { single_precision, double_precision };
enum class Direction { forward, backward };

/// What the choice depends on of a run, and of a device.
struct RecurrenceKind {
  CellInfo cell;
  Shape shape{};
  Precision precision = Precision::single_precision;
  Direction direction = Direction::forward;
  InputOverTime input = InputOverTime::moves;
};
struct DeviceTraits {
  int compute_capability = 0;  ///< 80, 90, ..
  int multiprocessors = 0;
  int shared_bytes = 0;  ///< the most that a block can ask for
};

struct ScheduleDecision {
  Schedule schedule = Schedule::stepwise;
  PersistentPlan plan;               ///< of solo and cluster
  double microseconds_per_step = 0;  ///< by the model of schedule.cpp
  std::string reason;                ///< a sentence
};

/// wish: auto | stepwise | solo | cluster | scan. Throws a usage error where the wish cannot run this: why, and what
/// would. Of all that can, auto takes what the model says is fastest; so is the size of a slice of the batch chosen.
ScheduleDecision choose_schedule(const RecurrenceKind& kind, const DeviceTraits& device, std::string_view wish);

}  // namespace hysteron::cuda
