#include <hysteron/backend.hpp>

#include "cuda/cuda_decompositions.hpp"

// The emulated device has no cuSOLVER: the CPU decomposes, in the same memory.
namespace hysteron::cuda {
namespace {

Decompositions& of_cpu(const Device& device) {
  static const std::unique_ptr<Backend> cpu = make_backend("cpu", 1);
  device.wait();
  return cpu->decompositions();
}

}  // namespace

cusolverStatus_t destroy_cusolver(cusolverDnHandle_t) { return 0; }
cusolverStatus_t destroy_parameters(cusolverDnParams_t) { return 0; }

void CudaDecompositions::symmetric_eigen(View<double> a, double* values, View<double> vectors) {
  of_cpu(*device_).symmetric_eigen(a, values, vectors);
}
void CudaDecompositions::orthonormalize(View<double> a) { of_cpu(*device_).orthonormalize(a); }
void CudaDecompositions::triangle(View<double> a, View<double> r) { of_cpu(*device_).triangle(a, r); }
void CudaDecompositions::right_svd(View<double> a, double* values, View<double> vectors) {
  of_cpu(*device_).right_svd(a, values, vectors);
}

}  // namespace hysteron::cuda
