#pragma once
#include <cstring>

#include "backend/slice_run.hpp"

namespace hysteron {

/// Backward of one sequence at one step. What the compiler learns here about strides settles the choice between storing
/// and adding (Row::deposit); otherwise it would not vectorize.
template <bool input_moves, Cell C>
[[gnu::flatten, gnu::noinline]] void backward_row(const Trajectory<C>& run, const TrajectoryGradient<C>& grad,
                                                  Place p) {
  if (grad.unit.step != 0 || (grad.input.step != 0) != input_moves) __builtin_unreachable();
  const auto arithmetic = backward_at(run, grad, p);
  const int units = run.shape.units;
#pragma omp simd
  for (int j = 0; j < units; ++j) arithmetic(j);
}

template <Cell C>
void backward_slice(const RecurrenceSlice<typename C::Real>& slice) {
  using Real = typename C::Real;
  constexpr int state_lanes = lane_count<typename C::State, Real>;
  SliceRun<C> forward_run(slice);
  const Trajectory<C>& run = forward_run.run;
  const int units = slice.units;
  Real* const nowhere = slice.scratch;
  TrajectoryGradient<C> grad{};
  grad.entering = field<typename C::State>(slice.entering, units, nowhere);
  grad.state = field<typename C::State>(slice.state, units, nowhere);
  grad.totals = field<typename C::State>(slice.totals, units, nowhere);
  grad.input = field<typename C::Input>(slice.input_gradient, units, nowhere);
  grad.unit = field<typename C::Unit>(slice.unit_gradient, units, nowhere);
  grad.recurrent = field<typename C::Recurrent>(slice.recurrent, units, nowhere);
  grad.deep = field<DeepOf<C>>(slice.deep, units, nowhere);
  const auto place = [&slice](int i, int step) { return Place{slice.replica, step, slice.sequences[i]}; };
  const auto enter = [&](Place p) {
    if (slice.entering.first) for_each_unit(units, enter_at(grad, p));
  };
  const auto keep_total = [&](Place p) {
    if (!slice.totals.first) return;
    std::memcpy(grad.totals.row(p).first, grad.state.row(p).first,
                static_cast<std::size_t>(state_lanes) * static_cast<std::size_t>(units) * sizeof(Real));
  };

  for (int i = 0; i < slice.rows; ++i) {
    for_each_unit(units, [unit = grad.unit.row(place(i, 0))](int j) { unit.store(j, {}); });
    if (!grad.input.moves()) for_each_unit(units, [input = grad.input.row(place(i, 0))](int j) { input.store(j, {}); });
    for (int step = slice.steps - 1; step >= slice.lengths[i]; --step) {
      enter(place(i, step));
      keep_total(place(i, step).next());
      for_each_unit(units, backward_hold_at(grad, place(i, step)));
    }
  }

  const Real* from[most_rows];
  Real* to[most_rows];
  const auto multiply = [&](const Real* panels, int lanes, int rows, cpu_kernels::Begin begin, const RowsAhead& ahead) {
    slice.dense->rows_product({.panels = panels,
                               .depth = lanes * units,
                               .groups = 1,
                               .columns = units,
                               .depth_step = lanes * units,
                               .group_stride = 0,
                               .from = from,
                               .to = to,
                               .rows = rows,
                               .begin = begin,
                               .row = nullptr,
                               .ahead = ahead.rows(),
                               .ahead_count = ahead.count()});
  };
  int active = 0;
  for (int step = slice.rows > 0 ? slice.lengths[0] - 1 : -1; step >= 0; --step) {
    while (active < slice.rows && slice.lengths[active] > step) ++active;
    for (int i = 0; i < active; ++i) {
      enter(place(i, step));
      keep_total(place(i, step).next());
    }
    if constexpr (DeepTransition<C>) {
      for (int i = 0; i < active; ++i) {
        for_each_unit(units, backward_deep_at(run, grad, place(i, step)));
        from[i] = grad.deep.row(place(i, step)).first;
        to[i] = forward_run.scratch.template row<ThroughOf<C>>(forward_run.scratch.through, i).first;
      }
      multiply(slice.deep_panels, deep_lanes<C>, active, cpu_kernels::Begin::zero, {});
    }
    for (int i = 0; i < active; ++i) {
      grad.through = forward_run.scratch.template row<ThroughOf<C>>(forward_run.scratch.through, i);
      if (grad.input.moves()) {
        backward_row<true>(run, grad, place(i, step));
      } else {
        backward_row<false>(run, grad, place(i, step));
      }
    }
    if constexpr (recurrent_lanes<C> != 0) {
      RowsAhead ahead;
      for (int i = 0; i < active; ++i) {
        const Place p = place(i, step);
        from[i] = grad.recurrent.row(p).first;
        to[i] = grad.state.row(p).first;
        if (step == 0) continue;
        const Place before{p.replica, step - 1, p.sequence};
        ahead.add(run.saved, before);
        ahead.add(run.states, before);
        ahead.add(run.intermediates, before);
        ahead.add(grad.input, before);
        ahead.add(grad.recurrent, before);
      }
      multiply(slice.recurrent_panels, recurrent_lanes<C>, active, cpu_kernels::Begin::present, ahead);
    }
  }
  for (int i = 0; i < slice.rows; ++i) keep_total(place(i, 0));
}

}  // namespace hysteron
