#include "schedule_choice.hpp"

#include <type_traits>

#include "persistent_kernels.hpp"

namespace hysteron::cuda {
namespace {

std::string text(const RecurrenceKind& kind) {
  const Shape& shape = kind.shape;
  std::string sequences = std::to_string(shape.batch) + " sequences";
  if (shape.replicas > 1) sequences = std::to_string(shape.replicas) + " replicas of " + sequences;
  return std::string(kind.cell.name) + ", " + std::to_string(shape.units) + " units, " + sequences +
         (kind.precision == Precision::single_precision ? ", float" : ", double") +
         (kind.direction == Direction::forward ? ", forward" : ", backward") +
         (kind.input == InputOverTime::moves ? "" : ", constant input");
}

}  // namespace

ScheduleChooser::ScheduleChooser(const Device& device)
    : traits_{.compute_capability = device.properties().major * 10 + device.properties().minor,
              .multiprocessors = device.properties().multiProcessorCount,
              .shared_bytes = static_cast<int>(device.properties().sharedMemPerBlockOptin),
              .resident_clusters = [&device](const RecurrenceKind& kind, const PersistentPlan& plan) {
                static_cast<void>(device.stream());  // the current device is the one that is asked
                const PersistentKernels& kernels = *persistent_kernels(kind.cell.name);
                return kind.direction == Direction::forward ? kernels.resident_forward(plan, kind.input)
                                                            : kernels.resident_backward(plan, kind.input);
              }} {}

void ScheduleChooser::wish(std::string_view schedule) {
  wish_ = schedule;
  forget_choices();
}

void ScheduleChooser::shut(ShutSchedule schedule) {
  traits_.shut.push_back(std::move(schedule));
  forget_choices();
}

void ScheduleChooser::forget_choices() {
  chosen_.clear();
  told_.clear();
}

template <class Real>
const ScheduleDecision& ScheduleChooser::choose(const LayerRun<Real>& run, Direction direction) {
  const InputOverTime input =
      run.input.step == 0 && run.shape.steps > 1 ? InputOverTime::constant : InputOverTime::moves;
  const Key key{reinterpret_cast<std::int64_t>(run.cell),
                run.shape.replicas,
                run.shape.steps,
                run.shape.batch,
                run.shape.units,
                sizeof(Real),
                static_cast<std::int64_t>(direction),
                static_cast<std::int64_t>(input)};
  const auto known = chosen_.find(key);
  if (known != chosen_.end()) return known->second;
  const RecurrenceKind kind{
      .cell = *run.cell,
      .shape = run.shape,
      .precision = std::is_same_v<Real, float> ? Precision::single_precision : Precision::double_precision,
      .direction = direction,
      .input = input,
      .has_persistent_kernels = persistent_kernels(run.cell->name) != nullptr};
  // Each schedule sums in its own order. It is chosen as for one replica, so that no result depends on the other
  // replicas; the layout of that schedule's blocks may depend on them.
  RecurrenceKind alone = kind;
  alone.shape.replicas = 1;
  ScheduleDecision decision = choose_schedule(alone, traits_, wish_);
  if (decision.schedule != Schedule::stepwise)  // which has no layout
    decision = choose_schedule(kind, traits_, wish_ == "auto" ? name_of(decision.schedule) : wish_);
  if (listen_ && told_.insert(text(kind)).second)
    listen_({.run = text(kind), .schedule = std::string(name_of(decision.schedule)), .reason = decision.reason});
  return chosen_.emplace(key, std::move(decision)).first->second;
}

template const ScheduleDecision& ScheduleChooser::choose(const LayerRun<float>&, Direction);
template const ScheduleDecision& ScheduleChooser::choose(const LayerRun<double>&, Direction);

}  // namespace hysteron::cuda
