#pragma once
#include <string>

#include <cuda_runtime_api.h>

#include <hysteron/error.hpp>

namespace hysteron::cuda {

/// Throws a device failure that names the call and gives CUDA's own reason.
inline void require_success(cudaError_t status, const char* call) {
  if (status == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // reported here: later calls must not report it again
  // Some errors are found only by a later call; CUDA keeps those, and every later call fails as well.
  throw DeviceFailure({.what = std::string(call) + " failed",
                       .found = std::string(cudaGetErrorName(status)) + ": " + cudaGetErrorString(status),
                       .hint = "the cause may be an earlier call: CUDA_LAUNCH_BLOCKING=1 makes each tell its own"});
}

}  // namespace hysteron::cuda
