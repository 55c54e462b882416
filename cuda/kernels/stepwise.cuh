#pragma once
#include <algorithm>

#include <kernel_language.cuh>

#include <hysteron/unit_step.hpp>

#include "typed_run.cuh"

namespace hysteron::cuda {

// The point-wise halves of a step, one thread per unit; the matrix products come between them. The arithmetic is that
// of unit_step.hpp.
//
//   forward     each step: recurrent = W states; deep transitions: intermediate, deep = V intermediates; then forward
//   backward    begin; each step from the last: deep transitions: backward_deep, through = V^T deep; then backward,
//               state += W^T recurrent; end
//
// Past a sequence's end the state is held, and everything that products over the whole trajectory read is zero. The
// bytes moved are those of the records: a GRU's forward step reads and writes 4 (3 + 3 + 1 + 1 + 4) bytes per unit and
// sequence.

/// Which unit of which sequence a thread computes.
struct UnitThread {
  int replica, sequence, unit;
  __device__ UnitThread()
      : replica(int(blockIdx.z)),
        sequence(int(blockIdx.x * blockDim.y + threadIdx.y)),
        unit(int(blockIdx.y * blockDim.x + threadIdx.x)) {}
  __device__ bool within(const Shape& shape) const { return unit < shape.units && sequence < shape.batch; }
  __device__ Place at(int step) const { return {replica, step, sequence}; }
};

// Blocks: sequences along x, as there may be many of them, units along y.
inline LaunchShape unit_threads(const Shape& shape, cudaStream_t stream) {
  constexpr unsigned threads = 128, warp = 32;
  const unsigned across = std::min(threads, (unsigned(shape.units) + warp - 1) / warp * warp);
  const unsigned sequences = std::min(threads / across, unsigned(shape.batch));
  return {.grid = dim3((unsigned(shape.batch) + sequences - 1) / sequences,
                       (unsigned(shape.units) + across - 1) / across, unsigned(shape.replicas)),
          .block = dim3(across, sequences),
          .stream = stream};
}

template <DeepTransition C>
__global__ void stepwise_forward_intermediate(Trajectory<C> run, int step) {
  const UnitThread own;
  if (!own.within(run.shape)) return;
  if (step < run.length(own.replica, own.sequence)) forward_intermediate_at(run, own.at(step))(own.unit);
}

template <Cell C>
__global__ void stepwise_forward(Trajectory<C> run, int step) {
  const UnitThread own;
  if (!own.within(run.shape)) return;
  if (step < run.length(own.replica, own.sequence)) {
    forward_at(run, own.at(step))(own.unit);
  } else {
    hold_at(run, own.at(step))(own.unit);
  }
}

// Sums over the steps start at zero.
template <Cell C>
__global__ void stepwise_begin_backward(Trajectory<C> run, TrajectoryGradient<C> gradient) {
  const UnitThread own;
  if (!own.within(run.shape)) return;
  gradient.unit.row(own.at(0)).store(own.unit, {});
  if (!gradient.input.moves()) gradient.input.row(own.at(0)).store(own.unit, {});
}

// The gradient that enters at the state after the step is added to the carried one, which is then that state's total.
template <Cell C>
__device__ void enter_and_keep_total(const TrajectoryGradient<C>& gradient, Place place, int unit) {
  if (gradient.entering.first) enter_at(gradient, place)(unit);
  if (gradient.totals.first) gradient.totals.row(place.next()).store(unit, gradient.state.row(place)[unit]);
}

template <DeepTransition C>
__global__ void stepwise_backward_deep(Trajectory<C> run, TrajectoryGradient<C> gradient, int step) {
  const UnitThread own;
  if (!own.within(run.shape)) return;
  enter_and_keep_total(gradient, own.at(step), own.unit);
  if (step < run.length(own.replica, own.sequence)) backward_deep_at(run, gradient, own.at(step))(own.unit);
}

template <Cell C>
__global__ void stepwise_backward(Trajectory<C> run, TrajectoryGradient<C> gradient, int step) {
  const UnitThread own;
  if (!own.within(run.shape)) return;
  if constexpr (!DeepTransition<C>) enter_and_keep_total(gradient, own.at(step), own.unit);
  if (step < run.length(own.replica, own.sequence)) {
    backward_at(run, gradient, own.at(step))(own.unit);
  } else {
    backward_hold_at(gradient, own.at(step))(own.unit);
  }
}

template <Cell C>
__global__ void stepwise_end_backward(Shape shape, TrajectoryGradient<C> gradient) {
  const UnitThread own;
  if (own.within(shape)) gradient.totals.row(own.at(0)).store(own.unit, gradient.state.row(own.at(0))[own.unit]);
}

/// Before the second product of a deep transition: computes what that product reads. Does nothing for other cells.
template <Cell C>
void launch_forward_intermediate(const LayerRun<typename C::Real>& run, const StepRows<typename C::Real>& rows,
                                 int step, cudaStream_t stream) {
  if constexpr (DeepTransition<C>)
    launch(unit_threads(run.shape, stream), stepwise_forward_intermediate<C>, typed_run<C>(run, rows), step);
}

/// After the products: computes the next state and what backward needs.
template <Cell C>
void launch_forward(const LayerRun<typename C::Real>& run, const StepRows<typename C::Real>& rows, int step,
                    cudaStream_t stream) {
  launch(unit_threads(run.shape, stream), stepwise_forward<C>, typed_run<C>(run, rows), step);
}

/// Once, before the last step.
template <Cell C>
void launch_begin_backward(const LayerRun<typename C::Real>& run, const LayerGradient<typename C::Real>& gradient,
                           const StepRows<typename C::Real>& rows, cudaStream_t stream) {
  launch(unit_threads(run.shape, stream), stepwise_begin_backward<C>, typed_run<C>(run, rows),
         typed_gradient<C>(run, gradient, rows));
}

/// Before the first transposed product of a deep transition: computes what it reads. Does nothing for other cells.
template <Cell C>
void launch_backward_deep(const LayerRun<typename C::Real>& run, const LayerGradient<typename C::Real>& gradient,
                          const StepRows<typename C::Real>& rows, int step, cudaStream_t stream) {
  if constexpr (DeepTransition<C>)
    launch(unit_threads(run.shape, stream), stepwise_backward_deep<C>, typed_run<C>(run, rows),
           typed_gradient<C>(run, gradient, rows), step);
}

/// Before the transposed product with the recurrent lanes, which is added to the carried gradient's first lane.
template <Cell C>
void launch_backward(const LayerRun<typename C::Real>& run, const LayerGradient<typename C::Real>& gradient,
                     const StepRows<typename C::Real>& rows, int step, cudaStream_t stream) {
  launch(unit_threads(run.shape, stream), stepwise_backward<C>, typed_run<C>(run, rows),
         typed_gradient<C>(run, gradient, rows), step);
}

/// Once, after the first step.
template <Cell C>
void launch_end_backward(const LayerRun<typename C::Real>& run, const LayerGradient<typename C::Real>& gradient,
                         const StepRows<typename C::Real>& rows, cudaStream_t stream) {
  if (gradient.totals.first)
    launch(unit_threads(run.shape, stream), stepwise_end_backward<C>, run.shape,
           typed_gradient<C>(run, gradient, rows));
}

}  // namespace hysteron::cuda
