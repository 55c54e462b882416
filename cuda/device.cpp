#include "device.hpp"

#include <algorithm>

namespace hysteron::cuda {

DeviceMemory allocate_device_memory(std::size_t bytes) {
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, std::max<std::size_t>(bytes, 1));
  if (status == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());  // reported here: later calls must not report it again
    std::size_t free = 0, all = 0;
    require_success(cudaMemGetInfo(&free, &all), "cudaMemGetInfo");
    throw device_error(
        {.what = "not enough memory on the GPU",
         .expected = "at most " + std::to_string(free) + " bytes (free now, of " + std::to_string(all) + ")",
         .found = std::to_string(bytes) + " bytes asked for",
         .hint = "fewer replicas, a smaller batch or shorter sequences need less; nvidia-smi shows who "
                 "else uses the GPU"});
  }
  require_success(status, "cudaMalloc");
  return DeviceMemory(memory);
}

void* Workspace::reserve(std::size_t bytes) {
  if (bytes > bytes_) {
    bytes_ = 0;
    memory_ = DeviceMemory();  // cudaFree waits for the device: nothing reads it any more
    memory_ = allocate_device_memory(bytes);
    bytes_ = bytes;
  }
  return memory_.get();
}

Device::Device(int number) : number_(number) {
  require_success(cudaSetDevice(number), "cudaSetDevice");
  require_success(cudaGetDeviceProperties(&properties_, number), "cudaGetDeviceProperties");
  stream_ = make_stream();
  staging_.make();
}

// The device may still be using what is freed after this.
Device::~Device() {
  static_cast<void>(cudaSetDevice(number_));
  static_cast<void>(cudaStreamSynchronize(stream_.get()));
}

cudaStream_t Device::stream() const {
  require_success(cudaSetDevice(number_), "cudaSetDevice");
  return stream_.get();
}

void Device::copy_in(void* to, const void* from_host, std::size_t bytes) {
  const cudaStream_t own = stream();
  if (bytes <= Staging::largest) return staging_.copy_in(to, from_host, bytes, own);
  require_success(cudaMemcpyAsync(to, from_host, bytes, cudaMemcpyHostToDevice, own), "cudaMemcpyAsync to the device");
  wait();
}

void Device::copy_out(void* to_host, const void* from, std::size_t bytes) {
  const cudaStream_t own = stream();
  if (bytes <= Staging::largest) return staging_.copy_out(to_host, from, bytes, own);
  require_success(cudaMemcpyAsync(to_host, from, bytes, cudaMemcpyDeviceToHost, own),
                  "cudaMemcpyAsync from the device");
  wait();
}

void Device::wait() const { require_success(cudaStreamSynchronize(stream()), "cudaStreamSynchronize"); }

}  // namespace hysteron::cuda
