#pragma once
#include <string>
#include <utility>

#include <cuda_runtime_api.h>

#include <hysteron/error.hpp>

namespace hysteron::cuda {

/// The recurrence that this thread has begun at the latest, in words. A failure of the device shows at whichever call
/// comes next, a launch, a copy or a wait: its message names this one.
inline thread_local std::string latest_recurrence;

inline DeviceFailure device_failure(ErrorText text) {
  DeviceFailure failure(std::move(text));
  if (!latest_recurrence.empty()) failure.add_while("computing, at the latest, " + latest_recurrence);
  return failure;
}

/// Throws a device failure that names the call and gives CUDA's own reason.
inline void require_success(cudaError_t status, const char* call) {
  if (status == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // reported here: later calls must not report it again
  // Some errors are found only by a later call; CUDA keeps those, and every later call fails as well.
  throw device_failure({.what = std::string(call) + " failed",
                        .found = std::string(cudaGetErrorName(status)) + ": " + cudaGetErrorString(status),
                        .hint = "the cause may be an earlier call: CUDA_LAUNCH_BLOCKING=1 makes each tell its own"});
}

}  // namespace hysteron::cuda
