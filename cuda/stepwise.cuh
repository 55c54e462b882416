#pragma once
#include <hysteron/unit_step.hpp>

#include "launch.cuh"

namespace hysteron::cuda {

// The point-wise halves of a step, one thread a unit; the matrix products come between them. The arithmetic is
// unit_step.hpp's.

struct Thread {
  Place place;
  int unit;
  __device__ explicit Thread(int step)
      : place{int(blockIdx.z), step, int(blockIdx.y)}, unit(int(blockIdx.x * blockDim.x + threadIdx.x)) {}
};

template <DeepTransition C>
__global__ void stepwise_forward_intermediate(Trajectory<C> run, int step) {
  const Thread own(step);
  if (own.unit >= run.shape.units) return;
  if (step < run.length(own.place.replica, own.place.sequence)) forward_intermediate_at(run, own.place)(own.unit);
}

template <Cell C>
__global__ void stepwise_forward(Trajectory<C> run, int step) {
  const Thread own(step);
  if (own.unit >= run.shape.units) return;
  if (step < run.length(own.place.replica, own.place.sequence))
    forward_at(run, own.place)(own.unit);
  else
    hold_at(run, own.place)(own.unit);
}

// The gradient that enters at the state after the step joins the carried one.
template <Cell C>
__global__ void stepwise_enter(Trajectory<C> run, TrajectoryGradient<C> gradient, int step) {
  const Thread own(step);
  if (own.unit >= run.shape.units) return;
  enter_at(gradient, own.place)(own.unit);
}

template <DeepTransition C>
__global__ void stepwise_backward_deep(Trajectory<C> run, TrajectoryGradient<C> gradient, int step) {
  const Thread own(step);
  if (own.unit >= run.shape.units) return;
  if (step < run.length(own.place.replica, own.place.sequence)) backward_deep_at(run, gradient, own.place)(own.unit);
}

template <Cell C>
__global__ void stepwise_backward(Trajectory<C> run, TrajectoryGradient<C> gradient, int step) {
  const Thread own(step);
  if (own.unit >= run.shape.units) return;
  if (step < run.length(own.place.replica, own.place.sequence))
    backward_at(run, gradient, own.place)(own.unit);
  else
    backward_hold_at(gradient, own.place)(own.unit);
}

inline LaunchShape stepwise_shape(const Shape& shape, cudaStream_t stream) {
  constexpr unsigned threads = 128;
  return {
      .grid = dim3((unsigned(shape.units) + threads - 1) / threads, unsigned(shape.batch), unsigned(shape.replicas)),
      .block = dim3(threads),
      .stream = stream};
}

/// Before the second product of a deep transition: what it reads. Nothing for the other cells.
template <Cell C>
void launch_forward_intermediate(const Trajectory<C>& run, int step, cudaStream_t stream) {
  if constexpr (DeepTransition<C>)
    launch(stepwise_shape(run.shape, stream), stepwise_forward_intermediate<C>, run, step);
}

/// After the products: the next state and what backward needs.
template <Cell C>
void launch_forward(const Trajectory<C>& run, int step, cudaStream_t stream) {
  launch(stepwise_shape(run.shape, stream), stepwise_forward<C>, run, step);
}

/// Backward, before the transposed products: the entering gradient, and a deep transition's Deep.
template <Cell C>
void launch_backward_deep(const Trajectory<C>& run, const TrajectoryGradient<C>& gradient, int step,
                          cudaStream_t stream) {
  if (gradient.entering.first) launch(stepwise_shape(run.shape, stream), stepwise_enter<C>, run, gradient, step);
  if constexpr (DeepTransition<C>)
    launch(stepwise_shape(run.shape, stream), stepwise_backward_deep<C>, run, gradient, step);
}

/// Backward, between the transposed products: all gradients of the step.
template <Cell C>
void launch_backward(const Trajectory<C>& run, const TrajectoryGradient<C>& gradient, int step, cudaStream_t stream) {
  launch(stepwise_shape(run.shape, stream), stepwise_backward<C>, run, gradient, step);
}

}  // namespace hysteron::cuda
