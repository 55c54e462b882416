#pragma once
#include <hysteron/decompositions.hpp>

#include "cusolver.hpp"
#include "device.hpp"

namespace hysteron::cuda {

/// Decompositions by cuSOLVER, which stores matrices column by column: a row-major matrix, read that way, is its own
/// transpose. Singular values therefore need no copy; QR transposes there and back. Libraries are opened, and handles
/// made, on the first call.
class CudaDecompositions final : public Decompositions {
 public:
  explicit CudaDecompositions(Device& device) : device_(&device) {}

  void symmetric_eigen(View<double> a, double* values, View<double> vectors) override;
  void orthonormalize(View<double> a) override;
  void triangle(View<double> a, View<double> r) override;
  void right_svd(View<double> a, double* values, View<double> vectors) override;

 private:
  /// cuSOLVER calls that share their handles and the status that they report at the end.
  class Call;
  /// a, column by column.
  DeviceMemory transposed(View<double> a);
  /// The Householder QR of `columns` [rows, columns], column by column, in place; its factors [columns].
  DeviceMemory factorize(double* columns, std::ptrdiff_t rows, std::ptrdiff_t count);
  void start();

  Device* device_;
  CusolverHandle solver_;
  CusolverParameters parameters_;
  CublasHandle cublas_;
};

}  // namespace hysteron::cuda
