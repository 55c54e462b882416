#pragma once
#include <cstddef>
#include <cstdlib>
#include <string>

#include <hysteron/error.hpp>

namespace hysteron {

/// Memory that only grows: a second call of the same size finds the working space unchanged. Its contents are lost when
/// it grows. Throws a device error that names the bytes asked for.
class Arena {
 public:
  static constexpr std::size_t alignment = 64;

  Arena() = default;
  Arena(Arena&& other) noexcept : memory_(other.memory_), bytes_(other.bytes_) {
    other.memory_ = nullptr, other.bytes_ = 0;
  }
  Arena& operator=(Arena&&) = delete;
  ~Arena() { std::free(memory_); }

  template <class T>
  T* reserve(std::ptrdiff_t count) {
    const std::size_t bytes = (static_cast<std::size_t>(count) * sizeof(T) + alignment) / alignment * alignment;
    if (bytes > bytes_) {
      std::free(memory_);
      bytes_ = 0;
      memory_ = std::aligned_alloc(alignment, bytes);
      if (!memory_)
        throw device_error({.what = "not enough memory for working space",
                            .found = std::to_string(bytes) + " bytes asked for",
                            .hint = "fewer replicas, a smaller batch or shorter sequences need less"});
      bytes_ = bytes;
    }
    return static_cast<T*>(memory_);
  }

 private:
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace hysteron
