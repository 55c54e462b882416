#pragma once
#include "backend/cpu_operations.hpp"

// Products in fixed tiles: the tiles, and the order of the sums in each, depend only on the shape, and in transposed
// products on which rows hold zeros.
namespace hysteron {

template <class Real>
struct CpuOperations<Real>::ProductRun {
  View<const Real> a, b;
  Transposed tb;
  View<Real> c;
  cpu_kernels::Begin begin;
  View<const Real> row;  // Begin::row: the initial value of each row of c
  int depth;
};

inline int parts(std::ptrdiff_t whole, std::ptrdiff_t part) { return static_cast<int>((whole + part - 1) / part); }

/// b of one replica as a source of panels: columns first .. first + columns, all of the depth.
template <class Real>
cpu_kernels::PanelSource<Real> source(View<const Real> b, int replica, Transposed tb, int depth, int first,
                                      int columns) {
  const bool transposed = tb == Transposed::yes;
  return {.first = transposed ? b.at(replica, first) : b.at(replica, 0) + first,
          .depth_stride = transposed ? 1 : b.row,
          .column_stride = transposed ? b.row : 1,
          .kept = nullptr,
          .depth = depth,
          .columns = columns};
}

template <class Real>
bool all_zero(const Real* values, std::ptrdiff_t count) {
  for (std::ptrdiff_t i = 0; i < count; ++i)
    if (values[i] != Real(0)) return false;
  return true;
}

}  // namespace hysteron
