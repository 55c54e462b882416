#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hysteron {

/// The type of an array's values: little-endian, as in memory. The 8-bit floating-point types, which NumPy lacks, are
/// carried unchanged and never computed with.
enum class DType { f32, f64, f16, bf16, f8_e5m2, f8_e4m3, boolean, u8, i8, u16, i16, u32, i32, u64, i64 };

std::size_t item_size(DType dtype);        ///< bytes a value
std::string_view dtype_name(DType dtype);  ///< NumPy's name: "float32"
bool is_integer(DType dtype);              ///< booleans too
bool is_real(DType dtype);                 ///< float32, float64, float16, bfloat16

/// An array of any shape, laid out as in NumPy and in files: the last index moves fastest.
struct Array {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape = {};  ///< empty: one value
  std::vector<std::byte> bytes = {};     ///< the product of the shape times item_size(dtype)

  std::size_t size() const { return bytes.size() / item_size(dtype); }  ///< values
};

/// A shape as text: "[10, 32]".
std::string shape_text(std::span<const std::int64_t> shape);

/// An array of these values, the last index moving fastest. Throws a defect unless they fill the shape.
Array make_array(std::vector<std::int64_t> shape, std::span<const float> values);
Array make_array(std::vector<std::int64_t> shape, std::span<const double> values);
Array make_array(std::vector<std::int64_t> shape, std::span<const std::uint8_t> values);
Array make_array(std::vector<std::int64_t> shape, std::span<const std::int32_t> values);
Array make_array(std::vector<std::int64_t> shape, std::span<const std::int64_t> values);

/// The values as numbers of one type; `name` is what messages call the array ("inputs X.npy"). Throw a data error that
/// gives the position of the first value that is not finite or does not fit.
std::vector<float> to_floats(const Array& array, std::string_view name);
std::vector<double> to_doubles(const Array& array, std::string_view name);
/// Takes integers of any width only; throws a data error for an array of other numbers.
std::vector<int> to_ints(const Array& array, std::string_view name);

/// Reads "X.npy", "X.npz" with a single member, or "X.npz:name" for one of several: NumPy's files, versions 1 to 3, of
/// little-endian real numbers, integers or booleans of any width. Arrays in Fortran order are transposed. Throws a data
/// error for a file that is missing, damaged, or of another element type; nothing is allocated before the sizes are
/// checked.
Array read_array(std::string_view path);

/// Writes byte for byte what numpy.save writes. An existing file is replaced in one step or not at all. Throws a data
/// error when the file cannot be written.
void write_npy(const std::filesystem::path& path, const Array& array);

}  // namespace hysteron
