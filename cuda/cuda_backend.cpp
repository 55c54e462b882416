#include "cuda_backend.hpp"

#include "cublas.hpp"

namespace hysteron::cuda {

CudaBackend::CudaBackend(int number)
    : device_(number),
      products_(device_),
      chooser_(device_),
      single_(device_, products_, chooser_),
      twofold_(device_, products_, chooser_),
      decompositions_(device_) {}

void* CudaBackend::allocate(std::size_t bytes) {
  const cudaStream_t stream = device_.stream();
  DeviceMemory memory = allocate_device_memory(bytes);
  require_success(cudaMemsetAsync(memory.get(), 0, bytes, stream), "cudaMemsetAsync");
  return memory.give_up();
}

void CudaBackend::release(void* memory) noexcept {
  static_cast<void>(cudaSetDevice(device_.number()));
  const DeviceMemory freed(memory);  // waits for whatever is still reading it
}

void CudaBackend::copy_in(void* to, const void* from_host, std::size_t bytes) {
  if (bytes > 0) device_.copy_in(to, from_host, bytes);
}

void CudaBackend::copy_out(void* to_host, const void* from, std::size_t bytes) {
  if (bytes > 0) device_.copy_out(to_host, from, bytes);
}

void CudaBackend::copy(void* to, const void* from, std::size_t bytes) {
  if (bytes > 0)
    require_success(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, device_.stream()),
                    "cudaMemcpyAsync on the device");
}

void CudaBackend::clear(void* memory, std::size_t bytes) {
  if (bytes > 0) require_success(cudaMemsetAsync(memory, 0, bytes, device_.stream()), "cudaMemsetAsync");
}

std::string CudaBackend::name() const { return "cuda:" + std::to_string(device_.number()); }

std::string CudaBackend::description() const { return describe(device_.properties()); }

std::string describe(const cudaDeviceProp& device) {
  return std::string(device.name) + ", " + std::to_string(device.totalGlobalMem >> 30U) + " GiB, compute capability " +
         std::to_string(device.major) + "." + std::to_string(device.minor) + ", " +
         std::to_string(device.multiProcessorCount) + " multiprocessors";
}

void CudaBackend::use_schedule(std::string_view name) {
  Backend::use_schedule(name.substr(0, name.find(':')));
  chooser_.wish(name);
}

}  // namespace hysteron::cuda
