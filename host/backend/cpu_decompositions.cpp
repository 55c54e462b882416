#include "backend/cpu_decompositions.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <unistd.h>

namespace hysteron {

using cpu_kernels::DoubleMatrix;

namespace {

DoubleMatrix matrix(View<double> a) { return {a.first, a.rows, a.columns, a.row}; }

std::string extents(View<double> a) { return "[" + std::to_string(a.rows) + ", " + std::to_string(a.columns) + "]"; }

void require(bool right, const char* what, View<double> a, View<double> b) {
  if (right) return;
  throw defect({.what = std::string("a decomposition of matrices that do not fit: ") + what,
                .expected = extents(a),
                .found = extents(b)});
}

// Eigen's working space, in values.
void require_memory(const char* what, std::ptrdiff_t values) {
  const std::ptrdiff_t bytes = values * std::ptrdiff_t(sizeof(double));
  const std::ptrdiff_t most = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
  if (bytes > most)
    throw device_error({.what = std::string("not enough memory for ") + what,
                        .expected = "at most " + std::to_string(most) + " bytes (this machine's memory)",
                        .found = std::to_string(bytes) + " bytes asked for",
                        .hint = "a smaller matrix: fewer features, or a shorter window"});
}

void require_finite(const char* what, View<double> a) {
  for (std::ptrdiff_t i = 0; i < a.rows; ++i)
    for (std::ptrdiff_t j = 0; j < a.columns; ++j)
      if (!std::isfinite(a.at(0, i)[j]))
        throw numeric_error(
            {.what = std::string("not a finite number in ") + what + " of a matrix " + extents(a),
             .found = std::to_string(a.at(0, i)[j]) + " at [" + std::to_string(i) + ", " + std::to_string(j) + "]"});
}

void require_convergence(bool converged, const char* what, View<double> a) {
  if (converged) return;
  throw numeric_error({.what = std::string(what) + " of a matrix " + extents(a) + " did not converge",
                       .hint = "look for numbers of very different magnitude in the data"});
}

void turn_to_positive(View<double> vectors) {
  for (std::ptrdiff_t i = 0; i < vectors.rows; ++i) {
    double* const row = vectors.at(0, i);
    const double* const largest =
        std::max_element(row, row + vectors.columns, [](double a, double b) { return std::abs(a) < std::abs(b); });
    if (*largest < 0)
      for (std::ptrdiff_t j = 0; j < vectors.columns; ++j) row[j] = -row[j];
  }
}

}  // namespace

void CpuDecompositions::symmetric_eigen(View<double> a, double* values, View<double> vectors) {
  require(a.rows == a.columns && vectors.columns == a.columns && vectors.rows <= a.rows && vectors.rows > 0,
          "eigenvectors", a, vectors);
  require_finite("the eigenvectors", a);
  require_memory("the eigenvectors of a symmetric matrix", 3 * a.rows * a.rows);
  require_convergence(kernels().symmetric_eigen(matrix(a), values, matrix(vectors)), "the eigenvectors", a);
  turn_to_positive(vectors);
}

void CpuDecompositions::orthonormalize(View<double> a) {
  require(a.rows >= a.columns, "a QR of more columns than rows", a, a);
  require_memory("a QR decomposition", 3 * a.rows * a.columns);
  kernels().qr(matrix(a), true);
}

void CpuDecompositions::triangle(View<double> a, View<double> r) {
  require(a.rows >= a.columns && r.rows == a.columns && r.columns == a.columns, "R", a, r);
  require_memory("a QR decomposition", workers_->threads() * 16 * a.columns * a.columns);
  const View<double> reduced = reduce(a);
  if (a.rows == a.columns) kernels().qr(matrix(reduced), false);
  for (std::ptrdiff_t i = 0; i < r.rows; ++i) std::copy_n(reduced.at(0, i), r.columns, r.at(0, i));
}

/// For more rows than columns, the R of a QR decomposition of a, in the first rows of a's own memory: blocks of rows
/// become triangles, and these form blocks again.
View<double> CpuDecompositions::reduce(View<double> a) {
  const std::ptrdiff_t columns = a.columns, block = std::max<std::ptrdiff_t>(4 * columns, 256);
  while (a.rows > columns) {
    const std::ptrdiff_t cuts = std::max<std::ptrdiff_t>(1, a.rows / block);
    workers_->run(cuts, 2 * a.rows * columns * columns, [&](std::ptrdiff_t cut, int) {
      const std::ptrdiff_t from = a.rows * cut / cuts, count = a.rows * (cut + 1) / cuts - from;
      kernels().qr(matrix(a.rows_from(from, count)), false);
    });
    for (std::ptrdiff_t cut = 1; cut < cuts; ++cut)
      for (std::ptrdiff_t i = 0; i < columns; ++i)
        std::copy_n(a.at(0, a.rows * cut / cuts + i), columns, a.at(0, cut * columns + i));
    a.rows = cuts * columns;
  }
  return a;
}

void CpuDecompositions::right_svd(View<double> a, double* values, View<double> vectors) {
  require(vectors.columns == a.columns && vectors.rows <= std::min(a.rows, a.columns) && vectors.rows > 0,
          "singular vectors", a, vectors);
  require_finite("the singular values", a);
  require_memory("a singular value decomposition",
                 std::min(a.rows, a.columns) * (3 * std::max(a.columns, a.rows) + 4 * a.columns));
  const View<double> small = reduce(a);
  require_convergence(kernels().right_svd(matrix(small), values, matrix(vectors)), "the singular values", small);
  turn_to_positive(vectors);
}

}  // namespace hysteron
