#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "files/array.hpp"

namespace hysteron {

enum class Order { c, fortran };

struct NpyHeader {
  DType dtype = DType::f32;
  Order order = Order::c;
  std::vector<std::int64_t> shape;
  std::uint64_t data_at = 0;  ///< where the values begin
};

inline constexpr std::uint64_t largest_npy_header = std::uint64_t{1} << 16;

/// `start`: the file's first bytes, all of them or largest_npy_header; `size`: the whole file's. Checks that the values
/// fill the file from data_at to its end.
NpyHeader parse_npy_header(std::span<const std::byte> start, std::uint64_t size);

}  // namespace hysteron
