#pragma once
#include <cstddef>

#include <hysteron/operations.hpp>

namespace hysteron::cuda {

/// Whether all of its steps are wanted. A stride of zero says no, except in a run of one step.
template <class Real>
bool kept(const Lanes<Real>& lanes, int steps) {
  return lanes.first && (lanes.step != 0 || steps == 1);
}

/// What a step of the stepwise schedule passes from one kernel or product to the next: one row per sequence, [replicas,
/// batch][lane][unit], no step stride. Intermediates and saved values go here when they are not kept.
template <class Real>
struct StepRows {
  Lanes<Real> recurrent, deep;       ///< the products of the current step
  Lanes<Real> through;               ///< one lane: the gradient that the second matrix gives back (deep transitions)
  Lanes<Real> intermediates, saved;  ///< of the current step
  std::size_t bytes = 0;             ///< all of them together
};

/// The rows of a run, in device memory of step_rows(run, nullptr).bytes bytes, aligned to 256.
template <class Real>
StepRows<Real> step_rows(const LayerRun<Real>& run, void* workspace) {
  constexpr std::size_t alignment = 256;
  StepRows<Real> rows;
  const auto carve = [&](Lanes<Real>& lanes, int count) {
    const std::ptrdiff_t row = std::ptrdiff_t(count) * run.shape.units;
    const std::size_t bytes = sizeof(Real) * static_cast<std::size_t>(row) * static_cast<std::size_t>(run.shape.batch) *
                              static_cast<std::size_t>(run.shape.replicas);
    auto* const first = static_cast<unsigned char*>(workspace);
    lanes = {first ? reinterpret_cast<Real*>(first + rows.bytes) : nullptr, row * run.shape.batch, 0, row};
    rows.bytes += (bytes + alignment - 1) / alignment * alignment;
  };
  const CellInfo& cell = *run.cell;
  carve(rows.recurrent, cell.recurrent);
  carve(rows.deep, cell.deep);
  carve(rows.through, cell.deep > 0 ? 1 : 0);
  carve(rows.intermediates, kept(run.intermediates, run.shape.steps) ? 0 : cell.intermediate);
  carve(rows.saved, kept(run.saved, run.shape.steps) ? 0 : cell.saved);
  return rows;
}

}  // namespace hysteron::cuda
