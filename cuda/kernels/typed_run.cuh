#pragma once
#include <hysteron/operations.hpp>
#include <hysteron/trajectory.hpp>

#include "step_rows.hpp"

namespace hysteron::cuda {

// From what is requested of the backend (operations.hpp, a cell known at run time) to what a kernel reads
// (trajectory.hpp, a cell known to the compiler).

/// An empty record also has a place, which is never used.
template <class Record, class Real>
Field<Record, Real> typed_field(const Lanes<Real>& lanes, int units, std::type_identity_t<Real>* nowhere) {
  if (lane_count<Record, std::remove_const_t<Real>> == 0 || !lanes.first) return {nowhere, 0, 0, 0, units};
  return {lanes.first, lanes.replica, lanes.step, lanes.sequence, units};
}

/// One row per sequence, whatever the step.
template <class Record, class Real>
Field<Record, Real> typed_row_field(const Lanes<Real>& lanes, int units, std::type_identity_t<Real>* nowhere) {
  return typed_field<Record>(Lanes<Real>{lanes.first, lanes.replica, 0, lanes.sequence}, units, nowhere);
}

/// Intermediates and saved values that are not kept are in `rows`, as are the products; a schedule that holds these in
/// registers passes no rows, and must ask kept() before it stores.
template <Cell C>
Trajectory<C> typed_run(const LayerRun<typename C::Real>& run, const StepRows<typename C::Real>& rows = {}) {
  using Real = typename C::Real;
  const int units = run.shape.units, steps = run.shape.steps;
  Real* const nowhere = run.states.first;
  Trajectory<C> typed{};
  typed.shape = run.shape;
  typed.lengths = run.lengths;
  typed.weight = run.weight;
  typed.weight_replica = run.weight_replica;
  typed.unit = typed_row_field<typename C::Unit>(run.unit, units, nowhere);
  typed.input = typed_field<typename C::Input>(run.input, units, nowhere);
  typed.states = typed_field<typename C::State>(run.states, units, nowhere);
  typed.intermediates = typed_field<IntermediateOf<C>>(
      kept(run.intermediates, steps) ? run.intermediates : rows.intermediates, units, nowhere);
  typed.saved = typed_field<typename C::Saved>(kept(run.saved, steps) ? run.saved : rows.saved, units, nowhere);
  typed.recurrent = typed_row_field<typename C::Recurrent>(rows.recurrent, units, nowhere);
  typed.deep = typed_row_field<DeepOf<C>>(rows.deep, units, nowhere);
  return typed;
}

/// What is absent (entering, totals) has no first element.
template <Cell C>
TrajectoryGradient<C> typed_gradient(const LayerRun<typename C::Real>& run,
                                     const LayerGradient<typename C::Real>& gradient,
                                     const StepRows<typename C::Real>& rows = {}) {
  using Real = typename C::Real;
  const int units = run.shape.units;
  Real* const nowhere = run.states.first;
  TrajectoryGradient<C> typed{};
  typed.entering = typed_field<typename C::State>(gradient.entering, units, nullptr);
  typed.state = typed_row_field<typename C::State>(gradient.state, units, nowhere);
  typed.totals = typed_field<typename C::State>(gradient.totals, units, nullptr);
  typed.input = typed_field<typename C::Input>(gradient.input, units, nowhere);
  typed.unit = typed_row_field<typename C::Unit>(gradient.unit, units, nowhere);
  typed.recurrent = typed_field<typename C::Recurrent>(gradient.recurrent, units, nowhere);
  typed.deep = typed_field<DeepOf<C>>(gradient.deep, units, nowhere);
  typed.through = typed_row_field<ThroughOf<C>>(rows.through, units, nowhere);
  return typed;
}

}  // namespace hysteron::cuda
