#pragma once
#include "backend/backward_slice.hpp"
#include "backend/forward_slice.hpp"

namespace hysteron {

/// One layer over time, for one cell, at the level for which this is compiled. There is no barrier within a sequence: a
/// slice is one thread's work from its first step to its last.
template <Cell C>
constexpr cpu_kernels::RecurrenceKernels<typename C::Real> recurrence_kernels() {
  return {.scratch_values = Scratch<C>::values, .forward = forward_slice<C>, .backward = backward_slice<C>};
}

}  // namespace hysteron
