#include "cuda_operations.hpp"

#include <type_traits>

#include "cell_kernels.hpp"
#include "named_range.hpp"
#include "persistent_account.hpp"
#include "persistent_kernels.hpp"

// Products and recurrences; operations that are a single kernel are in dense_operations.cu.
namespace hysteron::cuda {
namespace {

const PersistentKernels& persistent_kernels_of(const CellInfo& cell) {
  if (const PersistentKernels* const kernels = persistent_kernels(cell.name)) return *kernels;
  throw defect({.what = "a persistent schedule for the cell \"" + std::string(cell.name) + "\", which has none"});
}

bool is_persistent(Schedule schedule) { return schedule == Schedule::solo || schedule == Schedule::cluster; }

std::string range_name(const char* direction, const CellInfo& cell, Schedule schedule) {
  return std::string(direction) + " over time: " + std::string(cell.name) + " " + std::string(name_of(schedule));
}

}  // namespace

template <class Real>
void CudaOperations<Real>::product(View<const Real> a, Transposed ta, View<const Real> b, Transposed tb, View<Real> c,
                                   Result result) {
  const NamedRange range("product");
  products_->multiply<Real>({a, ta, b, tb, c, result});
}

template <class Real>
void CudaOperations<Real>::forward(const LayerRun<Real>& run) {
  if (run.shape.replicas == 0 || run.shape.batch == 0) return;
  const ScheduleDecision& decision = chooser_->choose(run, Direction::forward);
  const std::string name = range_name("forward", *run.cell, decision.schedule);
  const NamedRange range(name);
  latest_recurrence =
      name + ", " + std::to_string(run.shape.steps) + " steps of " + std::to_string(run.shape.units) + " units";
  if (decision.schedule == Schedule::scan)
    return cell_kernels(run.cell->name).scan(Real{}).forward(run, device_->stream());
  if constexpr (std::is_same_v<Real, float>) {
    if (is_persistent(decision.schedule)) {
      void* const workspace = device_->workspace().reserve(persistent_workspace_bytes(run, decision.plan));
      note_launch({run.cell->name, decision.plan.unit_class, decision.plan.sequences, Direction::forward});
      return persistent_kernels_of(*run.cell).forward(run, decision.plan, workspace, device_->stream());
    }
  }
  stepwise_.forward(run);
}

template <class Real>
void CudaOperations<Real>::backward(const LayerRun<Real>& run, const LayerGradient<Real>& gradient) {
  if (run.shape.replicas == 0 || run.shape.batch == 0) return;
  const ScheduleDecision& decision = chooser_->choose(run, Direction::backward);
  const std::string name = range_name("backward", *run.cell, decision.schedule);
  const NamedRange range(name);
  latest_recurrence =
      name + ", " + std::to_string(run.shape.steps) + " steps of " + std::to_string(run.shape.units) + " units";
  if (decision.schedule == Schedule::scan)
    return cell_kernels(run.cell->name).scan(Real{}).backward(run, gradient, device_->stream());
  if constexpr (std::is_same_v<Real, float>) {
    if (is_persistent(decision.schedule)) {
      void* const workspace = device_->workspace().reserve(persistent_workspace_bytes(run, decision.plan));
      note_launch({run.cell->name, decision.plan.unit_class, decision.plan.sequences, Direction::backward});
      return persistent_kernels_of(*run.cell).backward(run, gradient, decision.plan, workspace, device_->stream());
    }
  }
  stepwise_.backward(run, gradient);
}

template void CudaOperations<float>::product(View<const float>, Transposed, View<const float>, Transposed, View<float>,
                                             Result);
template void CudaOperations<double>::product(View<const double>, Transposed, View<const double>, Transposed,
                                              View<double>, Result);
template void CudaOperations<float>::forward(const LayerRun<float>&);
template void CudaOperations<double>::forward(const LayerRun<double>&);
template void CudaOperations<float>::backward(const LayerRun<float>&, const LayerGradient<float>&);
template void CudaOperations<double>::backward(const LayerRun<double>&, const LayerGradient<double>&);

}  // namespace hysteron::cuda
