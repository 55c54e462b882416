#pragma once
#include <cstring>

#include "backend/slice_run.hpp"

namespace hysteron {

/// Under a constant input the next state is a function of the present one only: once a row returns, bit for bit, to a
/// state in which it was `period` steps ago, only (remaining steps) mod period are left to do. States are compared with
/// a snapshot that is taken ever more rarely (after Brent, "An improved Monte Carlo factorization algorithm", 1980).
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

}  // namespace hysteron
