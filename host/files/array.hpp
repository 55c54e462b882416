#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hysteron {

/// What the values of an array file are: little-endian, as in memory.
enum class DType { f32, f64, u8, i32, i64 };

std::size_t item_size(DType dtype);        ///< bytes a value
std::string_view dtype_name(DType dtype);  ///< as numpy's: "float32"

/// An array as it lies in a file: the last index moves fastest.
struct Array {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;  ///< empty: one value
  std::vector<std::byte> bytes;     ///< the product of the shape times item_size(dtype)

  std::size_t size() const { return bytes.size() / item_size(dtype); }  ///< values
};

/// "[steps, batch]" of numbers: "[10, 32]".
std::string shape_text(std::span<const std::int64_t> shape);

/// Bytes that an array of this shape takes. Throws a data error for a negative extent or more bytes than `available`,
/// however large the product: the check before anything is allocated.
std::size_t bytes_of_shape(DType dtype, std::span<const std::int64_t> shape, std::uint64_t available);

Array make_array(std::vector<std::int64_t> shape, std::span<const float> values);
Array make_array(std::vector<std::int64_t> shape, std::span<const double> values);
Array make_array(std::vector<std::int64_t> shape, std::span<const std::uint8_t> values);
Array make_array(std::vector<std::int64_t> shape, std::span<const std::int32_t> values);
Array make_array(std::vector<std::int64_t> shape, std::span<const std::int64_t> values);

/// The values as numbers of one type; `name` says in messages what the array is ("inputs X.npy"). Throw a data error
/// that gives the position of the first value that is not finite or does not fit.
std::vector<float> to_floats(const Array& array, std::string_view name);
std::vector<double> to_doubles(const Array& array, std::string_view name);
/// Only from integers: a data error for an array of floating-point numbers.
std::vector<int> to_ints(const Array& array, std::string_view name);

/// Throws a data error unless the array has as many dimensions as are named here, e.g. {"steps", "batch", "inputs"}.
void expect_dimensions(const Array& array, std::string_view name, std::initializer_list<std::string_view> dimensions);

}  // namespace hysteron
