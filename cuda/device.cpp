#include <string>
#include <vector>

#include <cuda_runtime_api.h>

#include <hysteron/backend.hpp>

#include "require_success.hpp"

namespace hysteron::cuda {
namespace {

// A machine without a driver, or with one and no GPU, is no failure: it has no devices.
struct Devices {
  int count = 0;
  std::string reason;  // why there are none
};

Devices find_devices() {
  int count = 0;
  switch (const cudaError_t status = cudaGetDeviceCount(&count); status) {
    case cudaSuccess:
      if (count > 0) return {.count = count, .reason = ""};
      return {.count = 0, .reason = "the NVIDIA driver sees no GPU"};
    case cudaErrorInsufficientDriver:
      return {.count = 0, .reason = "there is no NVIDIA driver, or it is older than this build's CUDA runtime"};
    case cudaErrorNoDevice:
      return {.count = 0, .reason = "the NVIDIA driver sees no GPU"};
    default:
      return {.count = 0, .reason = std::string("CUDA says: ") + cudaGetErrorString(status)};
  }
}

std::string reason_against() {
  const Devices found = find_devices();
  if (found.count == 0) return found.reason;
  return "this version of hysteron computes on the CPU only; its recurrence for CUDA comes with the next one";
}

std::vector<std::string> devices() {
  std::vector<std::string> lines;
  const int count = find_devices().count;
  for (int device = 0; device < count; ++device) {
    cudaDeviceProp properties{};
    require_success(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
    lines.push_back("cuda:" + std::to_string(device) + " " + properties.name + ", " +
                    std::to_string(properties.totalGlobalMem >> 30U) + " GiB, compute capability " +
                    std::to_string(properties.major) + "." + std::to_string(properties.minor));
  }
  return lines;
}

std::unique_ptr<Backend> make(int device, int) {
  throw device_error({.what = "cannot compute on cuda:" + std::to_string(device),
                      .expected = "",
                      .found = reason_against(),
                      .hint = "pass --device cpu"});
}

const BackendRegistration registration(
    {.name = "cuda", .rank = 10, .reason_against = reason_against, .devices = devices, .make = make});

}  // namespace
}  // namespace hysteron::cuda
