#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include <hysteron/error.hpp>

namespace hysteron {

/// Where numbers live. A Backend is a Memory that can also compute.
class Memory {
 public:
  virtual ~Memory() = default;
  /// Cleared memory, aligned for vectors. Throws a device error that names the bytes asked for.
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void release(void* memory) noexcept = 0;
  virtual void copy_in(void* to, const void* from_host, std::size_t bytes) = 0;
  virtual void copy_out(void* to_host, const void* from, std::size_t bytes) = 0;
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;
  virtual void clear(void* memory, std::size_t bytes) = 0;
};

/// A window on numbers that something else owns: one matrix [rows, columns] for each replica, rows contiguous. A
/// replica stride of zero means one matrix for all replicas.
template <class T>
struct View {
  T* first = nullptr;
  int replicas = 0;
  std::ptrdiff_t rows = 0, columns = 0;
  std::ptrdiff_t replica = 0, row = 0;  ///< strides, in values

  /// `count` rows of each matrix from row `from` on.
  View rows_from(std::ptrdiff_t from, std::ptrdiff_t count) const {
    return {first + from * row, replicas, count, columns, replica, row};
  }
  View columns_from(std::ptrdiff_t from, std::ptrdiff_t count) const {
    return {first + from, replicas, rows, count, replica, row};
  }
  T* at(std::ptrdiff_t r, std::ptrdiff_t i) const { return first + r * replica + i * row; }
  explicit operator bool() const { return first != nullptr; }
  operator View<const T>() const { return {first, replicas, rows, columns, replica, row}; }
};

/// The sole owner of numbers on one backend. Movable, not copyable; cleared when made.
template <class T>
class Tensor {
 public:
  Tensor() = default;
  Tensor(Memory& memory, std::vector<std::ptrdiff_t> shape) : memory_(&memory), shape_(std::move(shape)) {
    size_ = 1;
    for (const std::ptrdiff_t extent : shape_) size_ *= static_cast<std::size_t>(extent);
    if (size_ > 0) data_ = static_cast<T*>(memory.allocate(size_ * sizeof(T)));
  }
  Tensor(Tensor&& other) noexcept { swap(other); }
  Tensor& operator=(Tensor&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Tensor() {
    if (data_) memory_->release(data_);
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(T); }
  const std::vector<std::ptrdiff_t>& shape() const { return shape_; }
  explicit operator bool() const { return data_ != nullptr; }

  /// The tensor as one matrix [rows, columns] for each of `replicas`, one after the other from the tensor's beginning.
  View<T> view(int replicas, std::ptrdiff_t rows, std::ptrdiff_t columns) {
    return {data_, replicas, rows, columns, rows * columns, columns};
  }
  View<const T> view(int replicas, std::ptrdiff_t rows, std::ptrdiff_t columns) const {
    return {data_, replicas, rows, columns, rows * columns, columns};
  }

  void clear() {
    if (data_) memory_->clear(data_, bytes());
  }
  void from_host(std::span<const T> values) {
    if (values.size() != size_)
      throw defect({.what = "a tensor of another size",
                    .expected = std::to_string(size_),
                    .found = std::to_string(values.size())});
    if (data_) memory_->copy_in(data_, values.data(), bytes());
  }
  std::vector<T> to_host() const {
    std::vector<T> values(size_);
    if (data_) memory_->copy_out(values.data(), data_, bytes());
    return values;
  }
  void copy_from(const Tensor& other) {
    if (other.size_ != size_)
      throw defect({.what = "a tensor of another size",
                    .expected = std::to_string(size_),
                    .found = std::to_string(other.size_)});
    if (data_) memory_->copy(data_, other.data_, bytes());
  }

 private:
  void swap(Tensor& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(shape_, other.shape_);
    std::swap(size_, other.size_);
    std::swap(data_, other.data_);
  }

  Memory* memory_ = nullptr;
  std::vector<std::ptrdiff_t> shape_;
  std::size_t size_ = 0;
  T* data_ = nullptr;
};

}  // namespace hysteron
