#pragma once
#include <kernel_language.cuh>

#include "kernels/persistent/launch.cuh"
#include "layer_matrix.hpp"

namespace hysteron {

/// The recurrence of one cell by the persistent kernels of one plan, the sequences sliced by their lengths.
template <Cell C, class P, class ForwardBug = cuda::NoBug, class BackwardBug = cuda::NoBug>
EmulatedOperations<float> persistent_operations() {
  const auto order_of = [](const LayerRun<float>& run) {
    const cuda::PersistentPlan plan{P::units, P::sequences};
    std::vector<int> order(cuda::persistent_workspace_bytes(run, plan) / sizeof(int));
    if (!order.empty()) cuda::slice_order(run, plan, order.data(), nullptr);
    return order;
  };
  const auto pointer = [](const std::vector<int>& order) { return order.empty() ? nullptr : order.data(); };
  EmulatedOperations<float> kernels;
  kernels.forward = [=](const LayerRun<float>& run) {
    const std::vector<int> order = order_of(run);
    cuda::launch_persistent_forward<C, P, ForwardBug>(run, pointer(order), nullptr);
  };
  kernels.backward = [=](const LayerRun<float>& run, const LayerGradient<float>& gradient) {
    const std::vector<int> order = order_of(run);
    cuda::launch_persistent_backward<C, P, BackwardBug>(run, gradient, pointer(order), nullptr);
  };
  return kernels;
}

inline constexpr double persistent_tolerance = 2e-5;

template <Cell C, class P>
void expect_every_mode(std::initializer_list<int> units, int batch, int steps) {
  if constexpr (recurrent_lanes<C> == 0) {
    GTEST_SKIP() << C::name << " has no recurrent matrix";
  } else {
    auto kernels = persistent_operations<C, P>();
    LayerMatrix<float> matrix(describe<C>(), kernels, persistent_tolerance, 1);
    for (const int count : units)
      matrix.expect_every_mode({.replicas = 2, .steps = steps, .batch = batch, .units = count});
  }
}

/// One case, with sequences of lengths 0, 1 and all steps, in the layout that is compiled for the GPU.
template <Cell C, int unit_class, int sequences>
void expect_lengths(int units) {
  if constexpr (recurrent_lanes<C> == 0) {
    GTEST_SKIP() << C::name << " has no recurrent matrix";
  } else {
    auto kernels = persistent_operations<C, typename cuda::PlanOf<C, unit_class, sequences>::Type>();
    LayerMatrix<float> matrix(describe<C>(), kernels, persistent_tolerance, 0);
    matrix.expect_trajectory({.replicas = 1, .steps = 3, .batch = 5, .units = units}, InputKind::varying,
                             {3, 1, 0, 2, 3});
  }
}

}  // namespace hysteron
