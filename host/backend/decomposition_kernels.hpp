#pragma once
#include <cstddef>

// Decompositions, compiled once per instruction level: as kernels.hpp, aggregates and tables of functions only.
namespace cpu_kernels {

/// Rows contiguous, `row` values from one to the next.
struct DoubleMatrix {
  double* first;
  std::ptrdiff_t rows, columns, row;
};

/// Each false when it did not converge. Working space is the library's own: see workspace.
struct DecompositionTable {
  /// values [vectors.rows] and vectors of the largest eigenvalues, largest first.
  bool (*symmetric_eigen)(DoubleMatrix a, double* values, DoubleMatrix vectors);
  /// a becomes Q; or R, in its first rows.
  void (*qr)(DoubleMatrix a, bool q_wanted);
  /// Of a with rows <= columns.
  bool (*right_svd)(DoubleMatrix a, double* values, DoubleMatrix vectors);
};

/// The singular value decomposition inside right_svd, of a square matrix: values [n] and right vectors [n, n], largest
/// first. Compiled once, for the baseline: divide and conquer takes as long to compile as ten other sources, and most
/// of right_svd's work is in the QR around it.
bool square_svd(DoubleMatrix a, double* values, DoubleMatrix vectors);

}  // namespace cpu_kernels
