#pragma once
#include <hysteron/trajectory.hpp>

namespace hysteron {

// The work of one unit at one place, for the schedules that keep products in memory. Each function finds the rows of
// its place and returns the arithmetic as a function of the unit: a vector loop on the host, a thread on the device.

template <DeepTransition C>
HYSTERON_HD auto forward_intermediate_at(const Trajectory<C>& run, Place p) {
  return [x = run.input.row(p), a = run.recurrent.row(p), u = run.unit.row(p), past = run.states.row(p),
          i = run.intermediates.row(p)](int j) { i.store(j, C::forward_intermediate(x[j], a[j], u[j], past[j])); };
}

template <Cell C>
HYSTERON_HD auto forward_at(const Trajectory<C>& run, Place p) {
  return [x = run.input.row(p), a = run.recurrent.row(p), u = run.unit.row(p), past = run.states.row(p),
          i = run.intermediates.row(p), d = run.deep.row(p), next = run.states.row(p.next()),
          saved = run.saved.row(p)](int j) {
    const Step<C> out = forward<C>(x[j], a[j], u[j], past[j], i[j], d[j]);
    next.store(j, out.state);
    saved.store(j, out.saved);
  };
}

// Past the end of a sequence. The second matrix's input there is zero, so that whole-trajectory products stay finite.
template <Cell C>
HYSTERON_HD auto hold_at(const Trajectory<C>& run, Place p) {
  return [past = run.states.row(p), next = run.states.row(p.next()), i = run.intermediates.row(p)](int j) {
    next.store(j, past[j]);
    i.store(j, IntermediateOf<C>{});
  };
}

// Backward, at place p: the carried gradient is that of the state after the step; the one that enters there is added.
template <Cell C>
HYSTERON_HD auto enter_at(const TrajectoryGradient<C>& grad, Place p) {
  return [entering = grad.entering.row(p), state = grad.state.row(p)](int j) { state.add(j, entering[j]); };
}

template <DeepTransition C>
HYSTERON_HD auto backward_deep_at(const Trajectory<C>& run, const TrajectoryGradient<C>& grad, Place p) {
  return [saved = run.saved.row(p), u = run.unit.row(p), past = run.states.row(p), i = run.intermediates.row(p),
          state = grad.state.row(p),
          deep = grad.deep.row(p)](int j) { deep.store(j, C::backward_deep(saved[j], u[j], past[j], state[j], i[j])); };
}

template <Cell C>
HYSTERON_HD auto backward_at(const Trajectory<C>& run, const TrajectoryGradient<C>& grad, Place p) {
  return [saved = run.saved.row(p), u = run.unit.row(p), past = run.states.row(p), i = run.intermediates.row(p),
          deep = grad.deep.row(p), through = grad.through.row(p), state = grad.state.row(p), input = grad.input.row(p),
          recurrent = grad.recurrent.row(p), unit = grad.unit.row(p)](int j) {
    const Gradient<C> out = backward<C>(saved[j], u[j], past[j], state[j], i[j], deep[j], through[j]);
    input.deposit(j, out.input);
    recurrent.store(j, out.recurrent);
    unit.deposit(j, out.unit);
    state.store(j, out.state);
  };
}

template <Cell C>
HYSTERON_HD auto backward_hold_at(const TrajectoryGradient<C>& grad, Place p) {
  return [input = grad.input.row(p), recurrent = grad.recurrent.row(p), deep = grad.deep.row(p)](int j) {
    input.deposit(j, {});
    recurrent.store(j, {});
    deep.store(j, {});
  };
}

}  // namespace hysteron
