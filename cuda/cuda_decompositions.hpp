#pragma once
#include <hysteron/decompositions.hpp>

#include "cusolver.hpp"
#include "device.hpp"

namespace hysteron::cuda {

/// Decompositions by cuSOLVER, whose matrices lie column after column: a row-major matrix, read so, is its transpose.
/// Singular values need no copy then; QR transposes there and back. Libraries are opened, and handles made, at the
/// first call.
class CudaDecompositions final : public Decompositions {
 public:
  explicit CudaDecompositions(Device& device) : device_(&device) {}

  void symmetric_eigen(View<double> a, double* values, View<double> vectors) override;
  void orthonormalize(View<double> a) override;
  void triangle(View<double> a, View<double> r) override;
  void right_svd(View<double> a, double* values, View<double> vectors) override;

 private:
  /// Calls of cuSOLVER's that share their handles and what they say in the end.
  class Call;
  /// a, column after column.
  DeviceMemory transposed(View<double> a);
  /// The Householder QR of `columns` [rows, columns], column after column, in place; its factors [columns].
  DeviceMemory factorize(double* columns, std::ptrdiff_t rows, std::ptrdiff_t count);
  void start();

  Device* device_;
  CusolverHandle solver_;
  CusolverParameters parameters_;
  CublasHandle cublas_;
};

}  // namespace hysteron::cuda
