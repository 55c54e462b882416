#pragma once
#include <cstddef>

// Decompositions, compiled once per instruction level: only aggregates and tables of functions, as in kernels.hpp.
namespace cpu_kernels {

/// Rows are contiguous, `row` values from one to the next.
struct DoubleMatrix {
  double* first;
  std::ptrdiff_t rows, columns, row;
};

/// Each function that returns a bool returns false when it did not converge. Working space is the library's own: see
/// workspace.
struct DecompositionTable {
  /// The largest eigenvalues [vectors.rows] and their vectors, largest first.
  bool (*symmetric_eigen)(DoubleMatrix a, double* values, DoubleMatrix vectors);
  /// a becomes Q, or its first rows become R.
  void (*qr)(DoubleMatrix a, bool q_wanted);
  /// For a with rows <= columns.
  bool (*right_svd)(DoubleMatrix a, double* values, DoubleMatrix vectors);
};

/// The singular value decomposition inside right_svd, of a square matrix: values [n] and right vectors [n, n], largest
/// first. Compiled once, for the baseline: divide and conquer takes as long to compile as ten other sources, and most
/// of right_svd's work is in the QR around it.
bool square_svd(DoubleMatrix a, double* values, DoubleMatrix vectors);

}  // namespace cpu_kernels
