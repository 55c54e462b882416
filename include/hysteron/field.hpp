#pragma once
#include <type_traits>

#include <hysteron/lanes.hpp>

namespace hysteron {

// Which sequence of which replica, and when.
struct Place {
  int replica, step, sequence;
  HYSTERON_HD Place next() const { return {replica, step + 1, sequence}; }
};

// All units of one place, [lane][unit]: neighbouring units are neighbouring addresses, for vectors and warps alike.
template <class Record, class Real>
struct Row {
  Real* first;
  std::ptrdiff_t units;
  bool sums;

  HYSTERON_HD Record operator[](int unit) const {
    return load_lanes<Record, std::remove_const_t<Real>>(first + unit, units);
  }
  HYSTERON_HD void store(int unit, const Record& record) const {
    for_each_lane<Real>(record, [&](int lane, Real value) { first[unit + lane * units] = value; });
  }
  HYSTERON_HD void add(int unit, const Record& record) const {
    for_each_lane<Real>(record, [&](int lane, Real value) { first[unit + lane * units] += value; });
  }
  // The gradient of a record that serves many steps is a sum over them (into memory that the caller has cleared); else
  // it is a value.
  HYSTERON_HD void deposit(int unit, const Record& record) const { sums ? add(unit, record) : store(unit, record); }
};

// A record at every place and unit, [replica][step][sequence][lane][unit]. A stride of zero repeats: constant input
// does not move with step and sequence, nor do parameters, and a run that keeps only its last state overwrites it in
// place. No schedule has a mode for any of these.
template <class Record, class Real>
struct Field {
  Real* first;
  std::ptrdiff_t replica, step, sequence;
  int units;

  HYSTERON_HD bool moves() const { return step != 0; }
  HYSTERON_HD Row<Record, Real> row(Place p) const {
    return {first + p.replica * replica + p.step * step + p.sequence * sequence, units, !moves()};
  }
};

}  // namespace hysteron
