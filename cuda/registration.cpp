#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <cuda_runtime_api.h>

#include "cublas.hpp"
#include "cuda_backend.hpp"
#include "cusolver.hpp"
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
        return {.count = 0, .reason = "no NVIDIA driver"};
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
  return "it has compute capability " + std::to_string(properties.major) + "." + std::to_string(properties.minor) +
         "; this build needs " + std::to_string(oldest_major) + ".0 or later";
}

/// A kernel is as fast as all multiprocessors together, and a later architecture has more schedules.
double strength(const cudaDeviceProp& properties) {
  return 1000.0 * (properties.major * 10 + properties.minor) + properties.multiProcessorCount;
}

/// The driver's own version, where it says so: more precise than the CUDA version that it knows.
std::string driver_version() {
  std::string line;
  std::getline(std::ifstream("/proc/driver/nvidia/version"), line);
  int known = 0;
  require_success(cudaDriverGetVersion(&known), "cudaDriverGetVersion");
  return line + " CUDA " + version_text(known);
}

std::string identity(const cudaDeviceProp& properties) {
  std::string uuid;
  for (const char byte : properties.uuid.bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    uuid += digits[static_cast<unsigned char>(byte) / 16];
    uuid += digits[static_cast<unsigned char>(byte) % 16];
  }
  return "GPU " + uuid + ", driver " + driver_version() + ", runtime " + version_text(CUDART_VERSION);
}

std::vector<BackendDevice> devices() {
  std::vector<BackendDevice> all;
  const int count = find_devices().count;
  for (int device = 0; device < count; ++device) {
    BackendDevice& one = all.emplace_back(BackendDevice{.name = "cuda:" + std::to_string(device)});
    try {
      const cudaDeviceProp properties = properties_of(device);
      one.description = describe(properties);
      one.reason_against = reason_against(properties);
      one.identity = identity(properties);
      one.strength = strength(properties);
    } catch (const DeviceFailure& failure) {
      one.reason_against = failure.text().what + ": " + failure.text().found;
    }
  }
  return all;
}

// A kind of device can be used if at least one device of that kind can.
std::string reason_against_all() {
  const Devices found = find_devices();
  if (found.count == 0) return found.reason;
  std::string reasons;
  for (const BackendDevice& device : devices()) {
    if (device.reason_against.empty()) return Cublas::reason_against();
    reasons += (reasons.empty() ? "" : "; ") + device.name + ": " + device.reason_against;
  }
  return reasons;
}

std::vector<std::string> libraries() {
  std::vector<std::string> taken, files = Cublas::files();
  files.push_back(Cusolver::file());
  for (const std::string& file : files) {
    const SharedLibrary library(file);
    taken.push_back(library.reason_against().empty() ? library.path() : file + ": " + library.reason_against());
  }
  return taken;
}

std::unique_ptr<Backend> make(int device, int) {
  return doing("making ready cuda:" + std::to_string(device),
               [device]() -> std::unique_ptr<Backend> { return std::make_unique<CudaBackend>(device); });
}

const BackendRegistration registration({.name = "cuda",
                                        .rank = 10,
                                        .reason_against = reason_against_all,
                                        .devices = devices,
                                        .make = make,
                                        .schedules = CudaBackend::every_schedule,
                                        .libraries = libraries});

}  // namespace
}  // namespace hysteron::cuda
