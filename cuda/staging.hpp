#pragma once
#include <array>
#include <cstddef>

#include "handle.hpp"

namespace hysteron::cuda {

/// Pinned memory through which small copies pass: the host goes on at once, and an upload waits for its turn on the
/// stream. The parts are used in turn, each again only after the device has read it.
class Staging {
 public:
  static constexpr std::size_t largest = std::size_t{256} << 10;  ///< the most bytes in one copy

  void make();  ///< on the current device
  void copy_in(void* to, const void* from_host, std::size_t bytes, cudaStream_t stream);
  /// Returns when the values have arrived.
  void copy_out(void* to_host, const void* from, std::size_t bytes, cudaStream_t stream);

 private:
  struct Part {
    unsigned char* memory;
    cudaEvent_t read;
  };
  Part next();

  static constexpr std::size_t parts = 16;
  PinnedMemory memory_;
  std::array<EventHandle, parts> read_;
  std::size_t used_ = 0;
};

}  // namespace hysteron::cuda
