#pragma once
#include <hysteron/tensor.hpp>

namespace hysteron {

/// Decompositions of one real matrix in double precision. Matrices are views of the backend's memory, rows contiguous;
/// the matrix that is decomposed is destroyed. Vectors are returned as the rows of a matrix, each with the sign that
/// makes its entry of largest magnitude (the first of equal ones) positive. All throw a numeric error when they do not
/// converge, as with numbers that are not finite, and a device error that names the bytes asked for when working space
/// is lacking.
class Decompositions {
 public:
  virtual ~Decompositions() = default;

  /// The largest eigenvalues of the symmetric a [n, n] (both halves given), largest first, and their eigenvectors.
  /// vectors: [count, n], count from 1 to n; values: [count] in the backend's memory.
  virtual void symmetric_eigen(View<double> a, double* values, View<double> vectors) = 0;

  /// a [rows, columns] = Q R with rows >= columns: a becomes Q, whose columns are orthonormal even where those of a
  /// depend on each other.
  virtual void orthonormalize(View<double> a) = 0;
  /// The R of the same decomposition [columns, columns], upper triangular; what is left in a is of no use.
  virtual void triangle(View<double> a, View<double> r) = 0;

  /// The largest singular values of a [rows, columns], largest first, and their right singular vectors.
  /// vectors: [count, columns], count from 1 to the lesser of rows and columns; values: [count].
  virtual void right_svd(View<double> a, double* values, View<double> vectors) = 0;
};

}  // namespace hysteron
