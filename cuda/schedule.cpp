#include "schedule.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include <hysteron/error.hpp>

namespace hysteron::cuda {

namespace {

using namespace std::string_literals;

constexpr std::array<std::string_view, 4> schedule_names{"stepwise", "solo", "cluster", "scan"};

// The model: the latency floors of a step times 1.4, and an H200's rates (bench/results/persistent.md has the predicted
// times).
constexpr double solo_exchange = 0.20, cluster_exchange = 0.36;  // microseconds: empty product, cell, hand-over
constexpr double multiply_adds = 128 * 1.7e3 / 1.5;              // per microsecond and multiprocessor
constexpr double stepwise_product = 5, stepwise_flops = 3e7;     // microseconds per product; flops per microsecond
constexpr double scan_step = 0.05;
constexpr int registers_of_block = 65536, registers_besides_weights = 90, fewest_registers = 64;

std::string text(std::ptrdiff_t number) { return std::to_string(number); }

struct Possibility {
  std::optional<ScheduleDecision> decision;
  std::string reason_against;
};

Possibility impossible(std::string reason) { return {std::nullopt, std::move(reason)}; }

int slices_of(const Shape& shape, int sequences) { return (shape.batch + sequences - 1) / sequences; }

int products_of_step(const CellInfo& cell) { return cell.deep > 0 ? 2 : 1; }

int estimated_clusters(const PersistentLayout& layout, int matrices, int multiprocessors) {
  const int registers =
      std::max(fewest_registers, tile_units * matrices * layout.columns() + registers_besides_weights);
  return multiprocessors * std::max(1, registers_of_block / (layout.threads() * registers)) / layout.blocks;
}

/// All clusters take turns where they are too many to be resident together. Blocks that share a multiprocessor share
/// its arithmetic, and hide each other's waits.
double persistent_step(const RecurrenceKind& kind, const PersistentLayout& layout, int resident, int multiprocessors) {
  const int matrices = matrices_of(kind.cell);
  const double floor = (layout.blocks > 1 ? cluster_exchange : solo_exchange) * products_of_step(kind.cell);
  const double arithmetic =
      double(layout.sequences) * matrices * layout.units * layout.units / layout.blocks / multiply_adds;
  const double clusters = double(kind.shape.replicas) * slices_of(kind.shape, layout.sequences);
  const double rounds = std::ceil(clusters / resident);
  const double together = std::ceil(std::min(clusters, double(resident)) * layout.blocks / multiprocessors);
  return rounds * std::max(floor + arithmetic, together * arithmetic);
}

std::string persistent_reason(const RecurrenceKind& kind, const PersistentLayout& layout) {
  const int matrices = matrices_of(kind.cell), units = kind.shape.units;
  const std::ptrdiff_t kibibytes = (std::ptrdiff_t(matrices) * units * units * 4 + 1023) / 1024;
  const int slices = slices_of(kind.shape, layout.sequences);
  return text(kibibytes) + " KiB of weights in " +
         (layout.blocks == 1 ? "one block's registers" : text(layout.blocks) + " blocks' registers") + "; " +
         text(kind.shape.batch) + (kind.shape.batch == 1 ? " sequence in " : " sequences in ") + text(slices) +
         (slices == 1 ? " slice" : " slices") + " of " + text(layout.sequences);
}

/// A schedule by name, and possibly the kernel that it must take; a plan that is unknown has no units.
struct Wish {
  std::string_view schedule;
  std::optional<PersistentPlan> plan;
};

std::string text(const PersistentPlan& plan) { return text(plan.unit_class) + ":" + text(plan.sequences); }

/// The plans that are compiled for the cell and have room for the units.
std::vector<PersistentPlan> plans_for(const RecurrenceKind& kind) {
  std::vector<PersistentPlan> plans;
  for (const int unit_class : unit_classes)
    for (const int sequences : slice_sizes)
      if (unit_class >= kind.shape.units &&
          persistent_layout(matrices_of(kind.cell), unit_class, sequences).is_compiled())
        plans.push_back({unit_class, sequences});
  return plans;
}

Wish wish_of(std::string_view words, const RecurrenceKind& kind) {
  const std::size_t colon = words.find(':');
  if (colon == std::string_view::npos) return {words, std::nullopt};
  for (const PersistentPlan& plan : plans_for(kind))
    if (text(plan) == words.substr(colon + 1)) return {words.substr(0, colon), plan};
  return {words.substr(0, colon), PersistentPlan{}};
}

std::string other_plans(const RecurrenceKind& kind) {
  std::string list;
  for (const PersistentPlan& plan : plans_for(kind)) list += (list.empty() ? "" : ", ") + text(plan);
  return "no such kernel is compiled with room for these units; those that are: " + list;
}

Possibility persistent(const RecurrenceKind& kind, const DeviceTraits& device, Schedule schedule,
                       const std::optional<PersistentPlan>& plan) {
  const int matrices = matrices_of(kind.cell);
  const int unit_class = plan ? plan->unit_class : unit_class_of(kind.shape.units);
  if (kind.cell.recurrent == 0) return impossible(std::string(kind.cell.name) + " has no recurrent matrix to keep");
  if (!kind.has_persistent_kernels)
    return impossible("this build has no such kernels for " + std::string(kind.cell.name));
  if (kind.precision == Precision::double_precision) return impossible("it computes in float alone");
  if (unit_class_of(kind.shape.units) == 0)
    return impossible("it has room for " + text(std::ranges::max(unit_classes)) + " units at most");
  if (unit_class == 0) return impossible(other_plans(kind));
  const int blocks = persistent_layout(matrices, unit_class, 1).blocks;
  if (schedule == Schedule::solo && blocks > 1)
    return impossible("the weights are too many for one block's registers: they take " + text(blocks));
  if (schedule == Schedule::cluster && blocks == 1) return impossible("the weights fit one block's registers");
  if (blocks > 1 && device.compute_capability < 90)
    return impossible("the weights take clusters of " + text(blocks) +
                      " blocks, and those take compute capability 9.0 (this device: " +
                      text(device.compute_capability / 10) + "." + text(device.compute_capability % 10) + ")");
  std::optional<ScheduleDecision> best;
  bool none_resident = false;
  for (const int sequences : slice_sizes) {
    if (plan && plan->sequences != sequences) continue;
    const PersistentLayout layout = persistent_layout(matrices, unit_class, sequences);
    const int shared = kind.direction == Direction::forward ? forward_shared_bytes(kind.cell, layout, kind.input)
                                                            : backward_shared_bytes(kind.cell, layout, kind.input);
    if (!layout.is_compiled() || shared > device.shared_bytes) continue;
    const int resident = device.resident_clusters ? device.resident_clusters(kind, {unit_class, sequences})
                                                  : estimated_clusters(layout, matrices, device.multiprocessors);
    if (resident == 0) {
      none_resident = true;
      continue;
    }
    const double time = persistent_step(kind, layout, resident, device.multiprocessors);
    if (best && time > best->microseconds_per_step) continue;
    best = {schedule, {unit_class, sequences}, time, persistent_reason(kind, layout)};
  }
  if (!best && none_resident)
    return impossible("not one " + (blocks > 1 ? "cluster of " + text(blocks) + " blocks" : "block of it"s) +
                      " has room on this device, or on the part of it that this process is given");
  if (!best) return impossible("it needs more shared memory than a block has here");
  return {best, ""};
}

Possibility stepwise(const RecurrenceKind& kind) {
  const Shape& shape = kind.shape;
  const double flops = 2.0 * matrices_of(kind.cell) * shape.units * shape.units * shape.batch * shape.replicas;
  const double time = stepwise_product * products_of_step(kind.cell) +
                      flops / (stepwise_flops * (kind.precision == Precision::double_precision ? 0.5 : 1.0));
  return {ScheduleDecision{Schedule::stepwise, {}, time, "a product and a kernel a step"}, ""};
}

Possibility scan(const RecurrenceKind& kind) {
  if (matrices_of(kind.cell) > 0)
    return impossible(std::string(kind.cell.name) + " has a recurrent matrix: its units depend on each other");
  return {ScheduleDecision{Schedule::scan, {}, scan_step, "no unit depends on another, so each runs by itself"}, ""};
}

Possibility possibility(const RecurrenceKind& kind, const DeviceTraits& device, Schedule schedule,
                        const std::optional<PersistentPlan>& plan) {
  const auto shut = std::ranges::find(device.shut, name_of(schedule), &ShutSchedule::name);
  if (shut != device.shut.end()) return impossible("it failed the test of this device: " + shut->reason);
  switch (schedule) {
    case Schedule::stepwise:
      return stepwise(kind);
    case Schedule::solo:
    case Schedule::cluster:
      return persistent(kind, device, schedule, plan);
    case Schedule::scan:
      return scan(kind);
  }
  throw defect({.what = "unknown schedule"});
}

std::string description(const RecurrenceKind& kind) {
  return std::string(kind.cell.name) + ", " + text(kind.shape.units) + " units";
}

}  // namespace

std::string_view name_of(Schedule schedule) { return schedule_names[static_cast<std::size_t>(schedule)]; }

ScheduleDecision choose_schedule(const RecurrenceKind& kind, const DeviceTraits& device, std::string_view words) {
  const Wish wish = wish_of(words, kind);
  constexpr std::array all{Schedule::stepwise, Schedule::solo, Schedule::cluster, Schedule::scan};
  std::vector<std::string> known{"auto"};
  known.insert(known.end(), schedule_names.begin(), schedule_names.end());
  const bool has_plans = wish.schedule == name_of(Schedule::solo) || wish.schedule == name_of(Schedule::cluster);
  if (std::ranges::find(known, wish.schedule) == known.end() || (wish.plan && !has_plans))
    throw unknown_name("schedule", words, known);

  std::optional<ScheduleDecision> best;
  std::string possible, against;
  // What would keep the weights in registers, if it can.
  const int unit_class = unit_class_of(kind.shape.units), matrices = matrices_of(kind.cell);
  const bool one_block = unit_class == 0 || persistent_layout(matrices, unit_class, 1).blocks == 1;
  const Schedule persistent_one = one_block ? Schedule::solo : Schedule::cluster;
  std::string against_persistent;
  for (const Schedule schedule : all) {
    const bool wished = wish.schedule == name_of(schedule);
    Possibility one = possibility(kind, device, schedule, wished ? wish.plan : std::nullopt);
    if (wished) against = one.reason_against;
    if (schedule == persistent_one) against_persistent = one.reason_against;
    if (!one.decision) continue;
    possible += (possible.empty() ? "" : ", ") + std::string(name_of(schedule));
    if (wish.schedule != "auto" && !wished) continue;
    if (!best || one.decision->microseconds_per_step < best->microseconds_per_step) best = std::move(one.decision);
  }
  if (!best)
    throw usage_error({.what = "schedule \"" + std::string(words) + "\" cannot run " + description(kind),
                       .expected = possible,
                       .found = against,
                       .hint = "schedule = \"auto\" takes what suits each shape"});
  if (wish.schedule == "auto" && best->schedule == Schedule::stepwise && !against_persistent.empty())
    best->reason += "; not " + std::string(name_of(persistent_one)) + ": " + against_persistent;
  best->reason = std::string(name_of(best->schedule)) + ": " + description(kind) + ": " + best->reason;
  return *best;
}

}  // namespace hysteron::cuda
