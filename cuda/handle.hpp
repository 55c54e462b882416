#pragma once
#include <utility>

#include <cuda_runtime_api.h>

#include "require_success.hpp"

namespace hysteron::cuda {

/// The sole owner of an object made by a CUDA library. Movable, not copyable. The status of destroy is ignored: an
/// error of the device was already reported by the call that met it.
template <class Made, auto destroy>
class Handle {
 public:
  Handle() = default;
  explicit Handle(Made made) : made_(made) {}
  Handle(Handle&& other) noexcept : made_(std::exchange(other.made_, Made{})) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(made_, other.made_);
    return *this;
  }
  ~Handle() {
    if (made_) static_cast<void>(destroy(made_));
  }

  Made get() const { return made_; }
  /// The caller owns it from now on.
  Made give_up() { return std::exchange(made_, Made{}); }
  explicit operator bool() const { return made_ != Made{}; }

 private:
  Made made_{};
};

using StreamHandle = Handle<cudaStream_t, cudaStreamDestroy>;
using EventHandle = Handle<cudaEvent_t, cudaEventDestroy>;
using GraphHandle = Handle<cudaGraph_t, cudaGraphDestroy>;
using ExecutableGraph = Handle<cudaGraphExec_t, cudaGraphExecDestroy>;
using DeviceMemory = Handle<void*, cudaFree>;
using PinnedMemory = Handle<void*, cudaFreeHost>;

/// Waits only for what it is told to wait for.
inline StreamHandle make_stream() {
  cudaStream_t made = nullptr;
  require_success(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  return StreamHandle(made);
}

/// For ordering, not for cudaEventElapsedTime.
inline EventHandle make_event() {
  cudaEvent_t made = nullptr;
  require_success(cudaEventCreateWithFlags(&made, cudaEventDisableTiming), "cudaEventCreateWithFlags");
  return EventHandle(made);
}

}  // namespace hysteron::cuda
