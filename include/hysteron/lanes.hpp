#pragma once
#include <cstddef>
#include <type_traits>
#include <utility>

#include <hysteron/portable.hpp>

namespace hysteron {

// A record of Reals, seen as lanes in declaration order, one for each value. Empty records have none.
template <class Record, class Real>
inline constexpr int lane_count = std::is_empty_v<Record> ? 0 : int(sizeof(Record) / sizeof(Real));

// Aggregate initialization and structured bindings, no memcpy and no pointer into the record: the compilers then keep
// every value in its own register, and vectorize the loop of loads, cell and stores as a whole.
template <class Record, class Real, std::size_t... lane>
HYSTERON_HD inline Record load_lanes(const Real* first, std::ptrdiff_t stride, std::index_sequence<lane...>) {
  return Record{first[std::ptrdiff_t(lane) * stride]...};
}
template <class Record, class Real>
HYSTERON_HD inline Record load_lanes(const Real* first, std::ptrdiff_t stride) {
  return load_lanes<Record>(first, stride, std::make_index_sequence<std::size_t(lane_count<Record, Real>)>{});
}

// Calls use(lane, value) for every value of the record.
template <class Real, class Record, class Use>
HYSTERON_HD inline void for_each_lane(Record& record, Use use) {
  constexpr int lanes = lane_count<std::remove_const_t<Record>, Real>;
  static_assert(lanes <= 6, "one more line below");
  if constexpr (lanes == 1) {
    auto& [a] = record;
    use(0, a);
  }
  if constexpr (lanes == 2) {
    auto& [a, b] = record;
    use(0, a), use(1, b);
  }
  if constexpr (lanes == 3) {
    auto& [a, b, c] = record;
    use(0, a), use(1, b), use(2, c);
  }
  if constexpr (lanes == 4) {
    auto& [a, b, c, d] = record;
    use(0, a), use(1, b), use(2, c), use(3, d);
  }
  if constexpr (lanes == 5) {
    auto& [a, b, c, d, e] = record;
    use(0, a), use(1, b), use(2, c), use(3, d), use(4, e);
  }
  if constexpr (lanes == 6) {
    auto& [a, b, c, d, e, f] = record;
    use(0, a), use(1, b), use(2, c), use(3, d), use(4, e), use(5, f);
  }
}

template <class Real, class Record>
HYSTERON_HD inline void add_lanes(Record& to, const Record& from) {
  if constexpr (lane_count < Record, Real >> 0) {
    Real values[lane_count<Record, Real>];
    for_each_lane<Real>(from, [&](int lane, Real value) { values[lane] = value; });
    for_each_lane<Real>(to, [&](int lane, Real& value) { value += values[lane]; });
  }
}

// The value of a record that a matrix reads, and to which its transpose gives a gradient: the first.
template <class Real, class Record>
HYSTERON_HD inline Real& first_value(Record& record) {
  Real* first = nullptr;
  for_each_lane<Real>(record, [&](int lane, Real& value) {
    if (lane == 0) first = &value;
  });
  return *first;
}

}  // namespace hysteron
