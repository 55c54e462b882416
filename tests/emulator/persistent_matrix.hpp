#pragma once
#include <cstdio>
#include <string>

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

/// Every plan that is compiled for the GPU, with sequences that differ in length.
template <Cell C>
void expect_every_compiled_plan() {
  if constexpr (recurrent_lanes<C> == 0) {
    GTEST_SKIP() << C::name << " has no recurrent matrix";
  } else {
    int built = 0, reached = 0;
    for (const int unit_class : cuda::unit_classes)
      for (const int sequences : cuda::slice_sizes) {
        if (!cuda::persistent_layout(recurrent_lanes<C> + deep_lanes<C>, unit_class, sequences).is_compiled()) continue;
        ++built;
        cuda::with_plan<C>({unit_class, sequences}, [&]<class P>(P) {
          SCOPED_TRACE(testing::Message() << unit_class << " units, slices of " << sequences);
          auto kernels = persistent_operations<C, P>();
          LayerMatrix<float> matrix(describe<C>(), kernels, persistent_tolerance, 0);
          const Shape shape{.replicas = 1, .steps = 3, .batch = 5, .units = unit_class - 1};
          for (const InputKind input : {InputKind::varying, InputKind::constant})
            matrix.expect_trajectory(shape, input, {3, 1, 0, 2, 3});
          ++reached;
        });
      }
    std::printf("persistent plans of %s: %d built, %d reached\n", std::string(C::name).c_str(), built, reached);
    EXPECT_EQ(reached, built);
  }
}

}  // namespace hysteron
