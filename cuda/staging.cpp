#include "staging.hpp"

#include <cstring>

namespace hysteron::cuda {

void Staging::make() {
  void* memory = nullptr;
  require_success(cudaMallocHost(&memory, largest * parts), "cudaMallocHost");
  memory_ = PinnedMemory(memory);
  for (EventHandle& event : read_) event = make_event();
}

// An event that was never recorded counts as done.
Staging::Part Staging::next() {
  const std::size_t part = used_++ % parts;
  require_success(cudaEventSynchronize(read_[part].get()), "cudaEventSynchronize");
  return {static_cast<unsigned char*>(memory_.get()) + part * largest, read_[part].get()};
}

void Staging::copy_in(void* to, const void* from_host, std::size_t bytes, cudaStream_t stream) {
  const Part part = next();
  std::memcpy(part.memory, from_host, bytes);
  require_success(cudaMemcpyAsync(to, part.memory, bytes, cudaMemcpyHostToDevice, stream),
                  "cudaMemcpyAsync to the device");
  require_success(cudaEventRecord(part.read, stream), "cudaEventRecord");
}

void Staging::copy_out(void* to_host, const void* from, std::size_t bytes, cudaStream_t stream) {
  const Part part = next();
  require_success(cudaMemcpyAsync(part.memory, from, bytes, cudaMemcpyDeviceToHost, stream),
                  "cudaMemcpyAsync from the device");
  require_success(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  std::memcpy(to_host, part.memory, bytes);
}

}  // namespace hysteron::cuda
