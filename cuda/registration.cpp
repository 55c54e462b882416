#include <string>
#include <vector>

#include <cuda_runtime_api.h>

#include "cublas.hpp"
#include "cuda_backend.hpp"
#include "require_success.hpp"

// What can be known about the GPUs before one is used.
namespace hysteron::cuda {
namespace {

constexpr int oldest_major = 8;

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// A machine without a driver, or with a driver but no GPU, is not a failure: it has no devices.
struct Devices {
  int count = 0;
  std::string reason;  // why there are none
};

Devices find_devices() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count > 0) return {.count = count, .reason = ""};
  static_cast<void>(cudaGetLastError());
  switch (status) {
    case cudaSuccess:
    case cudaErrorNoDevice:
      return {.count = 0, .reason = "the NVIDIA driver sees no GPU"};
    case cudaErrorInsufficientDriver: {
      int driver = 0;
      if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0)
        return {.count = 0, .reason = "there is no NVIDIA driver"};
      return {.count = 0,
              .reason = "the NVIDIA driver is too old: it knows CUDA " + version_text(driver) + ", this build needs " +
                        version_text(CUDART_VERSION)};
    }
    default:
      return {.count = 0, .reason = std::string("CUDA says: ") + cudaGetErrorString(status)};
  }
}

cudaDeviceProp properties_of(int device) {
  cudaDeviceProp properties{};
  require_success(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
  return properties;
}

std::string reason_against(const cudaDeviceProp& properties) {
  if (properties.major >= oldest_major) return "";
  return std::string(properties.name) + " has compute capability " + std::to_string(properties.major) + "." +
         std::to_string(properties.minor) + "; this build needs " + std::to_string(oldest_major) + ".0 or later";
}

// A kind of device can be used if at least one device of that kind can.
std::string reason_against_all() {
  const Devices found = find_devices();
  if (found.count == 0) return found.reason;
  std::string reasons;
  for (int device = 0; device < found.count; ++device) {
    const std::string reason = reason_against(properties_of(device));
    if (reason.empty()) return Cublas::reason_against();
    reasons += (reasons.empty() ? "" : "; ") + reason;
  }
  return reasons;
}

std::vector<std::string> devices() {
  std::vector<std::string> lines;
  const int count = find_devices().count;
  for (int device = 0; device < count; ++device)
    lines.push_back("cuda:" + std::to_string(device) + " " + describe(properties_of(device)));
  return lines;
}

std::unique_ptr<Backend> make(int device, int) {
  return doing("making ready cuda:" + std::to_string(device), [device]() -> std::unique_ptr<Backend> {
    if (const std::string reason = reason_against(properties_of(device)); !reason.empty())
      throw device_error({.what = "cannot compute on cuda:" + std::to_string(device),
                          .found = reason,
                          .hint = "hysteron info lists what can run here"});
    return std::make_unique<CudaBackend>(device);
  });
}

const BackendRegistration registration({.name = "cuda",
                                        .rank = 10,
                                        .reason_against = reason_against_all,
                                        .devices = devices,
                                        .make = make,
                                        .schedules = CudaBackend::every_schedule});

}  // namespace
}  // namespace hysteron::cuda
