#pragma once
#include <cstddef>
#include <string>

#include <cuda_runtime_api.h>

#include "handle.hpp"
#include "staging.hpp"

namespace hysteron::cuda {

/// Device memory that only grows: working space that lies where it lay at a second call of the same size. What it held
/// is lost when it grows. One operation after the other uses it, on one stream.
class Workspace {
 public:
  /// Throws a device error that names the bytes asked for and free.
  void* reserve(std::size_t bytes);

 private:
  DeviceMemory memory_;
  std::size_t bytes_ = 0;
};

/// Not cleared. Throws a device error that names the bytes asked for and free.
DeviceMemory allocate_device_memory(std::size_t bytes);

/// A GPU at work for one backend: its stream, and the memory between host and device. Everything that is asked of it
/// goes through stream(), which makes it the thread's present device.
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
  /// Until everything asked for is done.
  void wait() const;

 private:
  int number_;
  cudaDeviceProp properties_{};
  StreamHandle stream_;
  Staging staging_;
  Workspace workspace_;
};

}  // namespace hysteron::cuda
