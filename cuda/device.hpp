#pragma once
#include <cstddef>

#include <cuda_runtime_api.h>

#include "handle.hpp"
#include "staging.hpp"

namespace hysteron::cuda {

/// Device memory that only grows: workspace that stays at the same address for a second call of the same size. Its
/// contents are lost when it grows. Operations use it one after the other, on one stream.
class Workspace {
 public:
  /// Throws a device error that gives the bytes requested and the bytes free.
  void* reserve(std::size_t bytes);

 private:
  DeviceMemory memory_;
  std::size_t bytes_ = 0;
};

/// Not cleared. Throws a device error that gives the bytes requested and the bytes free.
DeviceMemory allocate_device_memory(std::size_t bytes);

/// A GPU working for one backend: its stream, and the memory between host and device. All requests to it go through
/// stream(), which makes it the thread's current device.
class Device {
 public:
  explicit Device(int number);
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  ~Device();

  int number() const { return number_; }
  const cudaDeviceProp& properties() const { return properties_; }
  cudaStream_t stream() const;
  Workspace& workspace() { return workspace_; }

  void copy_in(void* to, const void* from_host, std::size_t bytes);
  void copy_out(void* to_host, const void* from, std::size_t bytes);
  /// Waits until all requested work is done.
  void wait() const;

 private:
  int number_;
  cudaDeviceProp properties_{};
  StreamHandle stream_;
  Staging staging_;
  Workspace workspace_;
};

}  // namespace hysteron::cuda
