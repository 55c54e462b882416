#include <Eigen/SVD>

#include "backend/decomposition_kernels.hpp"

namespace cpu_kernels {

bool square_svd(DoubleMatrix a, double* values, DoubleMatrix vectors) {
  using Columns = Eigen::MatrixXd;
  using Stride = Eigen::OuterStride<>;
  // Rows laid one after the other are the columns of the transpose.
  const Eigen::Map<const Columns, Eigen::Unaligned, Stride> transposed(a.first, a.columns, a.rows, Stride(a.row));
  const Columns copied = transposed.transpose();
  const Eigen::BDCSVD<Columns> solver(copied, Eigen::ComputeThinV);
  if (solver.info() != Eigen::Success) return false;
  Eigen::Map<Columns, Eigen::Unaligned, Stride>(vectors.first, vectors.columns, vectors.rows, Stride(vectors.row)) =
      solver.matrixV();
  Eigen::Map<Eigen::VectorXd>(values, a.rows) = solver.singularValues();
  return true;
}

}  // namespace cpu_kernels
