#pragma once
#include <cstring>

#include <hysteron/unit_step.hpp>

#include "backend/kernels.hpp"

// One layer over time for a slice of the sequences of one replica, longest first; nothing in here knows which cell it
// runs. There is no barrier within a sequence: a slice is one thread's work from its first step to its last.
namespace hysteron {

using cpu_kernels::most_rows;
using cpu_kernels::RecurrenceSlice;
using cpu_kernels::Strided;

/// The loop that the compiler vectorizes: the arithmetic of a cell over neighboring units.
template <class Arithmetic>
[[gnu::flatten, gnu::noinline]] void for_each_unit(int units, Arithmetic arithmetic) {
#pragma omp simd
  for (int j = 0; j < units; ++j) arithmetic(j);
}

/// Forward and backward of one sequence at one step. What the compiler is told here of strides turns the choice between
/// storing and adding (Row::deposit) into none, without which it finds no vectors in backward.
template <Cell C>
[[gnu::flatten, gnu::noinline]] void backward_row(const Trajectory<C>& run, const TrajectoryGradient<C>& grad, Place p,
                                                  std::true_type) {
  if (grad.unit.step != 0 || grad.input.step == 0) __builtin_unreachable();
  const auto arithmetic = backward_at(run, grad, p);
  const int units = run.shape.units;
#pragma omp simd
  for (int j = 0; j < units; ++j) arithmetic(j);
}
template <Cell C>
[[gnu::flatten, gnu::noinline]] void backward_row(const Trajectory<C>& run, const TrajectoryGradient<C>& grad, Place p,
                                                  std::false_type) {
  if (grad.unit.step != 0 || grad.input.step != 0) __builtin_unreachable();
  const auto arithmetic = backward_at(run, grad, p);
  const int units = run.shape.units;
#pragma omp simd
  for (int j = 0; j < units; ++j) arithmetic(j);
}

/// The rows that some sequences will read or write after the product to come.
class RowsAhead {
 public:
  template <class Record, class Real>
  void add(const Field<Record, Real>& field, Place p) {
    const std::ptrdiff_t lanes = lane_count<Record, std::remove_const_t<Real>>;
    if (lanes == 0 || !field.moves() || count_ == most) return;
    rows_[count_++] = {field.row(p).first, lanes * field.units * std::ptrdiff_t(sizeof(Real))};
  }
  const cpu_kernels::Ahead* rows() const { return rows_; }
  int count() const { return count_; }

 private:
  static constexpr int most = 5 * most_rows;
  cpu_kernels::Ahead rows_[most];
  int count_ = 0;
};

/// What a slice needs besides what it reads and writes, a row a sequence, every lane filled up to whole panels.
template <Cell C>
struct Scratch {
  using Real = typename C::Real;
  template <class Record>
  static constexpr int lanes = lane_count<Record, Real>;

  static std::ptrdiff_t values(int rows, int units, int panel) {
    const std::ptrdiff_t padded = (units + panel - 1) / panel * panel;
    constexpr int per_row =
        recurrent_lanes<C> + deep_lanes<C> + lanes<IntermediateOf<C>> + lanes<typename C::State> + 1;
    return (rows * per_row + lanes<typename C::Saved> + 1) * padded;
  }

  explicit Scratch(const RecurrenceSlice<Real>& slice)
      : padded((slice.units + slice.dense->panel - 1) / slice.dense->panel * slice.dense->panel) {
    Real* next = slice.scratch;
    const auto carve = [&](std::ptrdiff_t row_lanes, int rows) {
      Real* const first = next;
      next += row_lanes * padded * rows;
      return first;
    };
    recurrent = carve(recurrent_lanes<C>, slice.rows);
    deep = carve(deep_lanes<C>, slice.rows);
    intermediates = carve(lanes<IntermediateOf<C>>, slice.rows);
    snapshots = carve(lanes<typename C::State>, slice.rows);
    through = carve(1, slice.rows);
    saved = carve(lanes<typename C::Saved>, 1);
  }

  /// The row of one sequence, as a field that holds nothing else. An empty record has a place too, and never uses it.
  template <class Record>
  Field<Record, Real> row(Real* first, int at) const {
    return {first + std::ptrdiff_t(at) * lanes<Record> * padded, 0, 0, 0, int(padded)};
  }

  std::ptrdiff_t padded;
  Real *recurrent, *deep, *intermediates, *snapshots, *through, *saved;
};

template <class Record, class Real, class Other>
Field<Record, Real> field(const Strided<Real>& from, int units, Other* nowhere) {
  if (lane_count<Record, std::remove_const_t<Real>> == 0 || !from.first) return {nowhere, 0, 0, 0, units};
  return {from.first, from.replica, from.step, from.sequence, units};
}

/// A run of one slice: its views, and its products.
template <Cell C>
class SliceRun {
 public:
  using Real = typename C::Real;
  template <class Record>
  static constexpr int lanes = lane_count<Record, Real>;

  explicit SliceRun(const RecurrenceSlice<Real>& given)
      : slice(given),
        scratch(given),
        intermediates_kept(kept(given.intermediates, given.steps)),
        saved_kept(kept(given.saved, given.steps)) {
    Real* const nowhere = given.scratch;
    run.shape = {0, given.steps, 0, given.units};
    run.unit = field<typename C::Unit>(given.unit, given.units, nowhere);
    run.input = field<typename C::Input>(given.input, given.units, nowhere);
    run.states = field<typename C::State>(given.states, given.units, nowhere);
    run.intermediates = field<IntermediateOf<C>>(given.intermediates, given.units, nowhere);
    run.saved = saved_kept ? field<typename C::Saved>(given.saved, given.units, nowhere)
                           : scratch.template row<typename C::Saved>(scratch.saved, 0);
    run.recurrent = scratch.template row<typename C::Recurrent>(scratch.recurrent, 0);
    run.deep = scratch.template row<DeepOf<C>>(scratch.deep, 0);
  }

  Place place(int sequence, int step) const { return {slice.replica, step, sequence}; }

  /// One step of some of the sequences.
  void advance(int step, const int* sequences, int rows) {
    const Real* from[most_rows];
    Real* to[most_rows];
    if constexpr (recurrent_lanes < C >> 0) {
      RowsAhead ahead;
      for (int i = 0; i < rows; ++i) {
        const Place p = place(sequences[i], step);
        from[i] = run.states.row(p).first;
        to[i] = scratch.template row<typename C::Recurrent>(scratch.recurrent, i).first;
        ahead.add(run.input, p);
        ahead.add(run.states, p.next());
        ahead.add(run.saved, p);
        ahead.add(run.intermediates, p);
      }
      multiply(recurrent_lanes<C>, slice.recurrent_panels, from, to, rows, ahead);
    }
    if constexpr (DeepTransition<C>) {
      for (int i = 0; i < rows; ++i) {
        use_row(i);
        for_each_unit(slice.units, forward_intermediate_at(run, place(sequences[i], step)));
        from[i] = run.intermediates.row(place(sequences[i], step)).first;
        to[i] = run.deep.first;
      }
      multiply(deep_lanes<C>, slice.deep_panels, from, to, rows, {});
    }
    for (int i = 0; i < rows; ++i) {
      use_row(i);
      for_each_unit(slice.units, forward_at(run, place(sequences[i], step)));
    }
  }

  /// Past its end a sequence holds its state.
  void hold(int sequence, int from_step) {
    if (run.states.step == 0 && !intermediates_kept) return;
    use_row(0);
    for (int step = from_step; step < slice.steps; ++step)
      for_each_unit(slice.units, hold_at(run, place(sequence, step)));
  }

  bool settles() const { return !run.input.moves() && !run.states.moves() && !intermediates_kept && !saved_kept; }

  const RecurrenceSlice<Real>& slice;
  Trajectory<C> run{};
  Scratch<C> scratch;

 private:
  void multiply(int groups, const Real* panels, const Real* const* from, Real* const* to, int rows,
                const RowsAhead& ahead) {
    slice.dense->rows_product({.panels = panels,
                               .depth = slice.units,
                               .groups = groups,
                               .columns = slice.units,
                               .depth_step = slice.units,
                               .group_stride = scratch.padded,
                               .from = from,
                               .to = to,
                               .rows = rows,
                               .begin = cpu_kernels::Begin::zero,
                               .row = nullptr,
                               .ahead = ahead.rows(),
                               .ahead_count = ahead.count()});
  }
  /// A stride of zero says no, but not of a run of one step.
  static bool kept(const Strided<Real>& field, int steps) { return field.first && (field.step != 0 || steps == 1); }
  void use_row(int i) {
    run.recurrent = scratch.template row<typename C::Recurrent>(scratch.recurrent, i);
    run.deep = scratch.template row<DeepOf<C>>(scratch.deep, i);
    if (!intermediates_kept) run.intermediates = scratch.template row<IntermediateOf<C>>(scratch.intermediates, i);
  }

  bool intermediates_kept, saved_kept;
};

/// Under a constant input the next state is a function of the present one alone: once a row meets, bit for bit, a state
/// that it was in `period` steps ago, only (what remains) mod period steps are left to do. States are compared with a
/// snapshot taken ever more rarely (after Brent, "An improved Monte Carlo factorization algorithm", 1980).
template <Cell C>
void run_until_settled(SliceRun<C>& run) {
  using Real = typename C::Real;
  const RecurrenceSlice<Real>& slice = run.slice;
  const std::ptrdiff_t width = std::ptrdiff_t(lane_count<typename C::State, Real>) * slice.units;
  const auto bytes = static_cast<std::size_t>(width) * sizeof(Real);
  int sequences[most_rows], ends[most_rows], rows = 0;
  Real* snapshots[most_rows];
  bool settled[most_rows];
  for (int i = 0; i < slice.rows; ++i) {
    if (slice.lengths[i] == 0) continue;
    sequences[rows] = slice.sequences[i];
    ends[rows] = slice.lengths[i];
    snapshots[rows] = run.scratch.snapshots + rows * width;
    settled[rows++] = false;
  }
  const auto state = [&run](int sequence) { return run.run.states.row(run.place(sequence, 0)).first; };
  for (int step = 0, taken = 0, next = 1; rows > 0;) {
    run.advance(step, sequences, rows);
    ++step;
    int left = 0;
    for (int i = 0; i < rows; ++i) {
      if (!settled[i] && taken > 0 && std::memcmp(state(sequences[i]), snapshots[i], bytes) == 0) {
        settled[i] = true;
        ends[i] = step + (ends[i] - step) % (step - taken);
      }
      if (ends[i] <= step) continue;
      sequences[left] = sequences[i];
      ends[left] = ends[i];
      Real* const swapped = snapshots[left];
      snapshots[left] = snapshots[i];
      snapshots[i] = swapped;
      settled[left++] = settled[i];
    }
    rows = left;
    if (step == next) {
      for (int i = 0; i < rows; ++i)
        if (!settled[i]) std::memcpy(snapshots[i], state(sequences[i]), bytes);
      taken = step;
      next = step + 1 + step / 4;
    }
  }
}

template <Cell C>
void forward_slice(const RecurrenceSlice<typename C::Real>& slice) {
  SliceRun<C> run(slice);
  if (run.settles()) return run_until_settled(run);
  int active = slice.rows;
  for (int step = 0;; ++step) {
    while (active > 0 && slice.lengths[active - 1] <= step) --active;
    if (active == 0) break;
    run.advance(step, slice.sequences, active);
  }
  for (int i = 0; i < slice.rows; ++i) run.hold(slice.sequences[i], slice.lengths[i]);
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
      slice.dense->rows_product({.panels = slice.deep_panels,
                                 .depth = deep_lanes<C> * units,
                                 .groups = 1,
                                 .columns = units,
                                 .depth_step = deep_lanes<C> * units,
                                 .group_stride = 0,
                                 .from = from,
                                 .to = to,
                                 .rows = active,
                                 .begin = cpu_kernels::Begin::zero,
                                 .row = nullptr,
                                 .ahead = nullptr,
                                 .ahead_count = 0});
    }
    for (int i = 0; i < active; ++i) {
      grad.through = forward_run.scratch.template row<ThroughOf<C>>(forward_run.scratch.through, i);
      if (grad.input.moves()) {
        backward_row(run, grad, place(i, step), std::true_type{});
      } else {
        backward_row(run, grad, place(i, step), std::false_type{});
      }
    }
    if constexpr (recurrent_lanes < C >> 0) {
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
      slice.dense->rows_product({.panels = slice.recurrent_panels,
                                 .depth = recurrent_lanes<C> * units,
                                 .groups = 1,
                                 .columns = units,
                                 .depth_step = recurrent_lanes<C> * units,
                                 .group_stride = 0,
                                 .from = from,
                                 .to = to,
                                 .rows = active,
                                 .begin = cpu_kernels::Begin::present,
                                 .row = nullptr,
                                 .ahead = ahead.rows(),
                                 .ahead_count = ahead.count()});
    }
  }
  for (int i = 0; i < slice.rows; ++i) keep_total(place(i, 0));
}

template <Cell C>
constexpr cpu_kernels::RecurrenceKernels<typename C::Real> recurrence_kernels() {
  return {.scratch_values = Scratch<C>::values, .forward = forward_slice<C>, .backward = backward_slice<C>};
}

}  // namespace hysteron
