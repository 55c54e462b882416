#pragma once
#include <hysteron/unit_step.hpp>

#include "backend/kernels.hpp"

// A slice of the sequences of one replica, longest first: its views, its scratch, and one step of it. Nothing here
// depends on a particular cell.
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

/// The rows that sequences will read or write after the coming product.
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

/// Memory that a slice needs besides its inputs and results: one row for each sequence, every lane filled up to whole
/// panels.
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

  /// The row of one sequence, as a field that holds nothing else. An empty record has a place too, but never uses it.
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

  /// Runs one step of some of the sequences.
  void advance(int step, const int* sequences, int rows) {
    const Real* from[most_rows];
    Real* to[most_rows];
    if constexpr (recurrent_lanes<C> != 0) {
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
  /// A stride of zero means no, except in a run of one step.
  static bool kept(const Strided<Real>& field, int steps) { return field.first && (field.step != 0 || steps == 1); }
  void use_row(int i) {
    run.recurrent = scratch.template row<typename C::Recurrent>(scratch.recurrent, i);
    run.deep = scratch.template row<DeepOf<C>>(scratch.deep, i);
    if (!intermediates_kept) run.intermediates = scratch.template row<IntermediateOf<C>>(scratch.intermediates, i);
  }

  bool intermediates_kept, saved_kept;
};

}  // namespace hysteron
