#pragma once
#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <utility>

#include <hysteron/error.hpp>

#include "../typed_run.cuh"
#include "backward.cuh"
#include "forward.cuh"
#include "order_by_length.cuh"

namespace hysteron::cuda {

template <class P>
LaunchShape persistent_shape(const Shape& shape, int shared_bytes, cudaStream_t stream) {
  const unsigned slices = unsigned((shape.batch + P::sequences - 1) / P::sequences);
  return {.grid = dim3(unsigned(shape.replicas) * slices * P::blocks),
          .block = dim3(P::threads),
          .shared_bytes = unsigned(shared_bytes),
          .cluster = dim3(P::blocks),
          .stream = stream};
}

template <class Record, class Real>
InputOverTime over_time(const Field<Record, Real>& field) {
  return field.moves() ? InputOverTime::moves : InputOverTime::constant;
}

/// The kernels compute with 32-bit strides between steps and between sequences.
template <class... Real>
void require_short_strides(const Lanes<Real>&... lanes) {
  std::ptrdiff_t longest = 0;
  ((longest = std::max({longest, lanes.step, lanes.sequence})), ...);
  if (longest <= std::numeric_limits<int>::max()) return;
  throw usage_error({.what = "a step of this batch is too large for the solo and cluster schedules",
                     .expected = "at most 2147483647 values between one step and the next",
                     .found = std::to_string(longest),
                     .hint = "make the batch smaller, or set schedule = \"stepwise\""});
}

/// One kernel of one plan. order: see PersistentForward.
template <Cell C, class P, class Bug = NoBug>
void launch_persistent_forward(const LayerRun<float>& run, const int* order, cudaStream_t stream) {
  const PersistentForward<C> arguments{typed_run<C>(run), kept(run.intermediates, run.shape.steps),
                                       kept(run.saved, run.shape.steps), order};
  const int shared_bytes = forward_shared_bytes(describe<C>(), P::layout, over_time(arguments.run.input));
  launch(persistent_shape<P>(run.shape, shared_bytes, stream), persistent_forward<C, P, Bug>, arguments);
}

template <Cell C, class P, class Bug = NoBug>
void launch_persistent_backward(const LayerRun<float>& run, const LayerGradient<float>& gradient, const int* order,
                                cudaStream_t stream) {
  const PersistentBackward<C> arguments{typed_run<C>(run), typed_gradient<C>(run, gradient), order};
  const int shared_bytes = backward_shared_bytes(describe<C>(), P::layout, over_time(arguments.gradient.input));
  launch(persistent_shape<P>(run.shape, shared_bytes, stream), persistent_backward<C, P, Bug>, arguments);
}

template <Cell C, int unit_class, int sequences>
struct PlanOf {
  static constexpr PersistentLayout layout =
      persistent_layout(recurrent_lanes<C> + deep_lanes<C>, unit_class, sequences);
  using Type = Plan<layout.units, layout.blocks, layout.splits, sequences>;
};

/// Calls use(Plan) for the plan of the given class and slice size.
template <Cell C, class Use>
void with_plan(const PersistentPlan& plan, Use use) {
  bool found = false;
  const auto try_one = [&]<int unit_class, int sequences>() {
    if constexpr (PlanOf<C, unit_class, sequences>::layout.is_compiled()) {
      if (plan.unit_class != unit_class || plan.sequences != sequences) return;
      use(typename PlanOf<C, unit_class, sequences>::Type{});
      found = true;
    }
  };
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    constexpr std::size_t sizes = std::size(slice_sizes);
    (try_one.template operator()<unit_classes[i / sizes], slice_sizes[i % sizes]>(), ...);
  }
  (std::make_index_sequence<std::size(unit_classes) * std::size(slice_sizes)>{});
  if (!found)
    throw defect({.what = "no persistent kernel is compiled for this plan",
                  .expected = "a plan of choose_schedule",
                  .found = std::to_string(plan.unit_class) + " units, slices of " + std::to_string(plan.sequences)});
}

/// Forms slices of sequences of similar length, where lengths are given; workspace: persistent_workspace_bytes.
inline const int* slice_order(const LayerRun<float>& run, const PersistentPlan& plan, void* workspace,
                              cudaStream_t stream) {
  if (persistent_workspace_bytes(run, plan) == 0) return nullptr;
  int* const order = static_cast<int*>(workspace);
  launch_order_by_length(run.lengths, run.shape, order, stream);
  return order;
}

}  // namespace hysteron::cuda
