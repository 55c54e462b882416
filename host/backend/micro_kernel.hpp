#pragma once
#include <cstddef>

#include "backend/kernels.hpp"

// The innermost loop of every product: a few rows times a panel of two vectors, all sums in registers. Sums are taken
// in the order of k, however many rows are computed together, so that a row's result does not depend on its neighbors.
// The file that the build writes for a level says, before it includes this one, how long a vector is (vector_bytes) and
// how many rows' sums fit in registers beside a panel (block_rows).
namespace hysteron {

template <class Real>
struct VectorOf {
  typedef Real type __attribute__((vector_size(vector_bytes)));
  typedef Real anywhere __attribute__((vector_size(vector_bytes), aligned(alignof(Real)), may_alias));
};
template <class Real>
inline constexpr int vector_length = vector_bytes / int(sizeof(Real));
template <class Real>
inline constexpr int panel_columns = 2 * vector_length<Real>;

/// Where the left factor's values come from: separate rows, or blocks packed as [k][block_rows].
template <class Real, int rows>
struct SeparateRows {
  const Real* row[rows];
  Real operator()(int r, int k) const { return row[r][k]; }
};
template <class Real>
struct PackedRows {
  const Real* first;
  Real operator()(int r, int k) const { return first[k * block_rows + r]; }
};

/// The initial values of a block of sums, and where the sums go; only `columns` of the panel count.
template <class Real>
struct BlockResult {
  Real* const* to;
  std::ptrdiff_t offset;  ///< of the panel's first column in each row
  int columns;
  cpu_kernels::Begin begin;
  const Real* row;  ///< Begin::row
};

template <class Real, int rows, int vectors, class Left>
[[gnu::always_inline]] inline void multiply_block(const Left& left, const Real* panel, int depth,
                                                  const BlockResult<Real>& result) {
  using Vector = typename VectorOf<Real>::type;
  using Anywhere = typename VectorOf<Real>::anywhere;
  constexpr int length = vector_length<Real>;
  Vector sum[rows][vectors] = {};
  for (int k = 0; k < depth; ++k, panel += panel_columns<Real>) {
    Vector right[vectors];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) right[v] = *reinterpret_cast<const Anywhere*>(panel + v * length);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      const Vector value = left(r, k) - Vector{};  // the same value in every element
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) sum[r][v] += value * right[v];
    }
  }
  if (result.columns == vectors * length) {
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        Anywhere* const to = reinterpret_cast<Anywhere*>(result.to[r] + result.offset + v * length);
        Vector value = sum[r][v];
        if (result.begin == cpu_kernels::Begin::present) value = *to + value;
        if (result.begin == cpu_kernels::Begin::row)
          value = *reinterpret_cast<const Anywhere*>(result.row + v * length) + value;
        *to = value;
      }
    return;
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
    Real values[vectors * length];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) *reinterpret_cast<Anywhere*>(values + v * length) = sum[r][v];
    Real* const to = result.to[r] + result.offset;
    for (int n = 0; n < result.columns; ++n)
      to[n] = result.begin == cpu_kernels::Begin::present ? to[n] + values[n]
              : result.begin == cpu_kernels::Begin::row   ? result.row[n] + values[n]
                                                          : values[n];
  }
}

template <class Real, int rows>
[[gnu::noinline]] void multiply_separate(const Real* const* from, const Real* panel, int depth,
                                         const BlockResult<Real>& result) {
  SeparateRows<Real, rows> left;
  for (int r = 0; r < rows; ++r) left.row[r] = from[r];
  if (result.columns <= vector_length<Real>) {
    multiply_block<Real, rows, 1>(left, panel, depth, result);
  } else {
    multiply_block<Real, rows, 2>(left, panel, depth, result);
  }
}

template <class Real, int rows>
[[gnu::noinline]] void multiply_packed(const Real* block, const Real* panel, int depth,
                                       const BlockResult<Real>& result) {
  const PackedRows<Real> left{block};
  if (result.columns <= vector_length<Real>) {
    multiply_block<Real, rows, 1>(left, panel, depth, result);
  } else {
    multiply_block<Real, rows, 2>(left, panel, depth, result);
  }
}

/// Calls use.operator()<rows>() for a number of rows known at run time, 1 .. block_rows.
template <int rows = block_rows, class Use>
[[gnu::always_inline]] inline void with_rows(int count, const Use& use) {
  if constexpr (rows >= 1) {
    if (count == rows) {
      use.template operator()<rows>();
    } else {
      with_rows<rows - 1>(count, use);
    }
  }
}

}  // namespace hysteron
