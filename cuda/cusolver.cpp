#include "cusolver.hpp"

namespace hysteron::cuda {

Cusolver::Cusolver()
    : cublas_(Cublas::files().back()),
      cusolver_(file()),
      transpose(cublas_.function<decltype(transpose)>("cublasDgeam")),
      create(cusolver_.function<decltype(create)>("cusolverDnCreate")),
      destroy(cusolver_.function<decltype(destroy)>("cusolverDnDestroy")),
      set_stream(cusolver_.function<decltype(set_stream)>("cusolverDnSetStream")),
      create_parameters(cusolver_.function<decltype(create_parameters)>("cusolverDnCreateParams")),
      destroy_parameters(cusolver_.function<decltype(destroy_parameters)>("cusolverDnDestroyParams")),
      eigen_size(cusolver_.function<decltype(eigen_size)>("cusolverDnXsyevdx_bufferSize")),
      eigen(cusolver_.function<decltype(eigen)>("cusolverDnXsyevdx")),
      qr_size(cusolver_.function<decltype(qr_size)>("cusolverDnXgeqrf_bufferSize")),
      qr(cusolver_.function<decltype(qr)>("cusolverDnXgeqrf")),
      q_size(cusolver_.function<decltype(q_size)>("cusolverDnDorgqr_bufferSize")),
      q(cusolver_.function<decltype(q)>("cusolverDnDorgqr")),
      svd_size(cusolver_.function<decltype(svd_size)>("cusolverDnXgesvd_bufferSize")),
      svd(cusolver_.function<decltype(svd)>("cusolverDnXgesvd")) {}

const Cusolver& Cusolver::library() {
  static const Cusolver& opened = *new Cusolver;  // never closed: handles may live as long as the program
  return opened;
}

void require_success(cusolverStatus_t status, const char* call) {
  if (status == CUSOLVER_STATUS_SUCCESS) return;
  std::string reason = "status " + std::to_string(static_cast<int>(status));
  if (status == CUSOLVER_STATUS_ALLOC_FAILED) reason += ": not enough memory on the GPU";
  if (status == CUSOLVER_STATUS_INVALID_VALUE) reason += ": a parameter that it does not take";
  if (status == CUSOLVER_STATUS_EXECUTION_FAILED) reason += ": its kernel failed";
  throw device_failure({.what = std::string(call) + " failed", .found = "cuSOLVER says: " + reason});
}

cusolverStatus_t destroy_cusolver(cusolverDnHandle_t handle) { return Cusolver::library().destroy(handle); }
cusolverStatus_t destroy_parameters(cusolverDnParams_t parameters) {
  return Cusolver::library().destroy_parameters(parameters);
}

}  // namespace hysteron::cuda
