#pragma once
#include "../../persistent_kernels.hpp"
#include "launch.cuh"

namespace hysteron::cuda {

template <Cell C>
void persistent_forward_of(const LayerRun<float>& run, const PersistentPlan& plan, void* workspace,
                           cudaStream_t stream) {
  if constexpr (recurrent_lanes < C >> 0) {
    if (run.shape.replicas == 0 || run.shape.batch == 0) return;
    require_short_strides(run.input, run.states, run.intermediates, run.saved);
    const int* const order = slice_order(run, plan, workspace, stream);
    with_plan<C>(plan, [&]<class P>(P) { launch_persistent_forward<C, P>(run, order, stream); });
  }
}

template <Cell C>
int resident_forward_of(const PersistentPlan& plan, InputOverTime input) {
  int resident = 0;
  if constexpr (recurrent_lanes < C >> 0)
    with_plan<C>(plan, [&]<class P>(P) {
      const int shared_bytes = forward_shared_bytes(describe<C>(), P::layout, input);
      resident =
          resident_clusters(persistent_shape<P>({1, 1, 1, P::units}, shared_bytes, nullptr), persistent_forward<C, P>);
    });
  return resident;
}

}  // namespace hysteron::cuda
