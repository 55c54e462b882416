#pragma once
#include <string_view>

#include <cuda_runtime_api.h>

#include <hysteron/cell.hpp>

#include "kernels/persistent/plans.hpp"

namespace hysteron::cuda {

/// The persistent kernels of one cell (kernels/persistent): a whole run in one launch, float. The plan comes from the
/// dispatcher (schedule.hpp), workspace is device memory of persistent_workspace_bytes(run, plan). Everything is queued
/// on the stream; nothing waits. A plan that is not compiled is a defect.
struct PersistentKernels {
  void (*forward)(const LayerRun<float>& run, const PersistentPlan& plan, void* workspace, cudaStream_t stream);
  void (*backward)(const LayerRun<float>& run, const LayerGradient<float>& gradient, const PersistentPlan& plan,
                   void* workspace, cudaStream_t stream);
  /// How many clusters (or lone blocks) of the kernel the current device holds at the same time.
  int (*resident_forward)(const PersistentPlan& plan, InputOverTime input);
  int (*resident_backward)(const PersistentPlan& plan, InputOverTime input);
};

/// Null for a cell that has none: one without a dense recurrence, or an unknown one.
const PersistentKernels* persistent_kernels(std::string_view cell);

/// The table's entries for each cell; compiled separately for each cell and direction (persistent_cell.cu.in).
template <Cell C>
void persistent_forward_of(const LayerRun<float>& run, const PersistentPlan& plan, void* workspace,
                           cudaStream_t stream);
template <Cell C>
void persistent_backward_of(const LayerRun<float>& run, const LayerGradient<float>& gradient,
                            const PersistentPlan& plan, void* workspace, cudaStream_t stream);
template <Cell C>
int resident_forward_of(const PersistentPlan& plan, InputOverTime input);
template <Cell C>
int resident_backward_of(const PersistentPlan& plan, InputOverTime input);

}  // namespace hysteron::cuda
