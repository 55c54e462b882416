#pragma once
#include <string>

#include <cuda_runtime_api.h>

#include <hysteron/error.hpp>

namespace hysteron::cuda {

/// Throws a device error that names the call and CUDA's own reason.
inline void require_success(cudaError_t status, const char* call) {
  if (status == cudaSuccess) return;
  throw device_error({.what = std::string(call) + " failed",
                      .expected = "",
                      .found = std::string(cudaGetErrorName(status)) + ": " + cudaGetErrorString(status),
                      .hint = ""});
}

}  // namespace hysteron::cuda
