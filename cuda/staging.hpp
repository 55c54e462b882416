#pragma once
#include <array>
#include <cstddef>

#include "handle.hpp"

namespace hysteron::cuda {

/// Pinned memory through which small copies pass: the host goes on at once, and an upload waits for its turn on the
/// stream. Used in turn, each part again only when the device has read it.
class Staging {
 public:
  static constexpr std::size_t largest = std::size_t{256} << 10;  ///< bytes that one copy may have

  void make();  ///< on the present device
  void copy_in(void* to, const void* from_host, std::size_t bytes, cudaStream_t stream);
  /// Returns when the values are there.
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
