#pragma once
#include <cusolverDn.h>

#include "cublas.hpp"

namespace hysteron::cuda {

/// The cuSOLVER functions in use, and cuBLAS's transposition, which row-major matrices need for them.
class Cusolver {
 public:
  /// Opened on the first call, for the whole program. Throws a device error if the library is missing.
  static const Cusolver& library();
  static std::string file() { return "libcusolver.so." + std::to_string(CUSOLVER_VER_MAJOR); }

 private:
  SharedLibrary cublas_, cusolver_;

  Cusolver();

 public:
  decltype(&::cublasDgeam) transpose;
  decltype(&::cusolverDnCreate) create;
  decltype(&::cusolverDnDestroy) destroy;
  decltype(&::cusolverDnSetStream) set_stream;
  decltype(&::cusolverDnCreateParams) create_parameters;
  decltype(&::cusolverDnDestroyParams) destroy_parameters;
  decltype(&::cusolverDnXsyevdx_bufferSize) eigen_size;
  decltype(&::cusolverDnXsyevdx) eigen;
  decltype(&::cusolverDnXgeqrf_bufferSize) qr_size;
  decltype(&::cusolverDnXgeqrf) qr;
  decltype(&::cusolverDnDorgqr_bufferSize) q_size;
  decltype(&::cusolverDnDorgqr) q;
  decltype(&::cusolverDnXgesvd_bufferSize) svd_size;
  decltype(&::cusolverDnXgesvd) svd;
};

/// Throws a device error that names the call and gives cuSOLVER's own reason.
void require_success(cusolverStatus_t status, const char* call);

cusolverStatus_t destroy_cusolver(cusolverDnHandle_t handle);
cusolverStatus_t destroy_parameters(cusolverDnParams_t parameters);

using CusolverHandle = Handle<cusolverDnHandle_t, destroy_cusolver>;
using CusolverParameters = Handle<cusolverDnParams_t, destroy_parameters>;

}  // namespace hysteron::cuda
