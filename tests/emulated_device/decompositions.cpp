#include "cuda/cuda_decompositions.hpp"

// The emulated device has no cuSOLVER: any request for it is an error that says so.
namespace hysteron::cuda {
namespace {

[[noreturn]] void refuse() {
  throw device_error({.what = "the emulated device decomposes no matrices", .hint = "a GPU does"});
}

}  // namespace

cusolverStatus_t destroy_cusolver(cusolverDnHandle_t) { return 0; }
cusolverStatus_t destroy_parameters(cusolverDnParams_t) { return 0; }

void CudaDecompositions::symmetric_eigen(View<double>, double*, View<double>) { refuse(); }
void CudaDecompositions::orthonormalize(View<double>) { refuse(); }
void CudaDecompositions::triangle(View<double>, View<double>) { refuse(); }
void CudaDecompositions::right_svd(View<double>, double*, View<double>) { refuse(); }

}  // namespace hysteron::cuda
