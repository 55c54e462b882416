#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include <hysteron/array.hpp>

namespace hysteron {

/// The number of bytes that an array of this shape takes. Throws a data error for a negative extent or more bytes than
/// `available`, however large the product: the check before anything is allocated.
std::size_t bytes_of_shape(DType dtype, std::span<const std::int64_t> shape, std::uint64_t available);

/// Throws a data error unless the array has as many dimensions as there are names, e.g. {"steps", "batch", "inputs"}.
void expect_dimensions(const Array& array, std::string_view name, std::initializer_list<std::string_view> dimensions);

}  // namespace hysteron
