#include "files/array.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "files/dtype.hpp"

namespace hysteron {

static_assert(std::endian::native == std::endian::little, "array files are little-endian, and are read as they lie");

static_assert([] {
  for (std::size_t i = 0; i < every_dtype.size(); ++i)
    if (static_cast<std::size_t>(every_dtype[i].dtype) != i) return false;
  return true;
}());

std::size_t item_size(DType dtype) { return facts_of(dtype).bytes; }
std::string_view dtype_name(DType dtype) { return facts_of(dtype).name; }
bool is_integer(DType dtype) { return facts_of(dtype).kind == NumberKind::integer; }
bool is_real(DType dtype) { return facts_of(dtype).kind == NumberKind::real; }

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const std::int64_t extent : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  return text + "]";
}

std::size_t bytes_of_shape(DType dtype, std::span<const std::int64_t> shape, std::uint64_t available) {
  std::uint64_t bytes = item_size(dtype);
  bool overflows = false;
  for (const std::int64_t extent : shape) {
    if (extent < 0)
      throw data_error(
          {.what = "a shape with a negative extent", .expected = "extents of 0 or more", .found = shape_text(shape)});
    const auto factor = static_cast<std::uint64_t>(extent);
    if (factor == 0) return 0;  // a later factor cannot make it larger, an earlier overflow does not count
  }
  for (const std::int64_t extent : shape)
    overflows = overflows || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes);
  if (overflows || bytes > available)
    throw data_error(
        {.what = fmt::format("the shape {} of {} is larger than the file", shape_text(shape), dtype_name(dtype)),
         .expected = overflows ? "more than 2^64 bytes" : fmt::format("{} bytes of values", bytes),
         .found = fmt::format("{}", available),
         .hint = "the file is cut short or damaged; write it again"});
  return bytes;
}

namespace {

template <class T>
Array array_of(DType dtype, std::vector<std::int64_t> shape, std::span<const T> values) {
  const std::span<const std::byte> bytes = std::as_bytes(values);
  if (bytes_of_shape(dtype, shape, bytes.size()) != bytes.size())
    throw defect({.what = "an array whose values do not fill its shape",
                  .expected = shape_text(shape),
                  .found = fmt::format("{} values", values.size())});
  return {.dtype = dtype, .shape = std::move(shape), .bytes = {bytes.begin(), bytes.end()}};
}

std::string position(const Array& array, std::size_t flat) {
  std::vector<std::int64_t> index(array.shape.size());
  for (std::size_t d = index.size(); d-- > 0;) {
    const auto extent = static_cast<std::size_t>(array.shape[d]);
    index[d] = static_cast<std::int64_t>(flat % extent);
    flat /= extent;
  }
  return shape_text(index);
}

/// Real numbers of 16 bits, as they lie in a file: a sign, `Exponent` bits, and the rest.
template <int Exponent>
struct Half {
  std::uint16_t bits;

  float value() const {
    constexpr int fraction_bits = 15 - Exponent, bias = (1 << (Exponent - 1)) - 1, most = (1 << Exponent) - 1;
    const int exponent = bits >> fraction_bits & most, fraction = bits & ((1 << fraction_bits) - 1);
    float size = std::ldexp(static_cast<float>(exponent == 0 ? fraction : fraction + (1 << fraction_bits)),
                            std::max(exponent, 1) - bias - fraction_bits);
    if (exponent == most) size = fraction == 0 ? std::numeric_limits<float>::infinity() : std::nanf("");
    return (bits & 0x8000) != 0 ? -size : size;
  }
};

template <class From>
auto number_of(From from) {
  if constexpr (std::is_arithmetic_v<From>)
    return from;
  else
    return from.value();
}

template <class To, class From>
std::vector<To> convert(const Array& array, std::string_view name) {
  std::vector<To> values(array.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    From raw;
    std::memcpy(&raw, array.bytes.data() + i * sizeof(From), sizeof(From));
    const auto from = number_of(raw);
    [[maybe_unused]] const auto refuse = [&](std::string expected, std::string hint) {
      return data_error({.what = fmt::format("{}: value at {} is {}", name, position(array, i), from),
                         .expected = std::move(expected),
                         .hint = std::move(hint)});
    };
    using Number = std::remove_const_t<decltype(from)>;
    if constexpr (std::is_floating_point_v<Number>) {
      if (!std::isfinite(from))
        throw refuse("finite numbers", "find where it comes from; numpy.nan_to_num replaces such values");
      if constexpr (sizeof(To) < sizeof(Number)) {
        if (std::abs(from) > static_cast<Number>(std::numeric_limits<To>::max()))
          throw refuse("numbers that fit into float32", "scale the data");
      }
    } else if constexpr (std::is_integral_v<To>) {
      if (!std::in_range<To>(from)) throw refuse("integers that fit into 32 bits", "");
    }
    values[i] = static_cast<To>(from);
  }
  return values;
}

template <class To>
std::vector<To> convert(const Array& array, std::string_view name) {
  switch (array.dtype) {
    case DType::f32:
      return convert<To, float>(array, name);
    case DType::f64:
      return convert<To, double>(array, name);
    case DType::f16:
      return convert<To, Half<5>>(array, name);
    case DType::bf16:
      return convert<To, Half<8>>(array, name);
    case DType::boolean:
    case DType::u8:
      return convert<To, std::uint8_t>(array, name);
    case DType::i8:
      return convert<To, std::int8_t>(array, name);
    case DType::u16:
      return convert<To, std::uint16_t>(array, name);
    case DType::i16:
      return convert<To, std::int16_t>(array, name);
    case DType::u32:
      return convert<To, std::uint32_t>(array, name);
    case DType::i32:
      return convert<To, std::int32_t>(array, name);
    case DType::u64:
      return convert<To, std::uint64_t>(array, name);
    case DType::i64:
      return convert<To, std::int64_t>(array, name);
    case DType::f8_e5m2:
    case DType::f8_e4m3:
      break;
  }
  throw data_error({.what = fmt::format("{} has numbers of a type that is not computed with", name),
                    .expected = "float32 or float64",
                    .found = std::string(dtype_name(array.dtype)),
                    .hint = "in PyTorch: tensor.to(torch.float32) before saving"});
}

}  // namespace

Array make_array(std::vector<std::int64_t> shape, std::span<const float> values) {
  return array_of(DType::f32, std::move(shape), values);
}
Array make_array(std::vector<std::int64_t> shape, std::span<const double> values) {
  return array_of(DType::f64, std::move(shape), values);
}
Array make_array(std::vector<std::int64_t> shape, std::span<const std::uint8_t> values) {
  return array_of(DType::u8, std::move(shape), values);
}
Array make_array(std::vector<std::int64_t> shape, std::span<const std::int32_t> values) {
  return array_of(DType::i32, std::move(shape), values);
}
Array make_array(std::vector<std::int64_t> shape, std::span<const std::int64_t> values) {
  return array_of(DType::i64, std::move(shape), values);
}

std::vector<float> to_floats(const Array& array, std::string_view name) { return convert<float>(array, name); }
std::vector<double> to_doubles(const Array& array, std::string_view name) { return convert<double>(array, name); }

std::vector<int> to_ints(const Array& array, std::string_view name) {
  if (!is_integer(array.dtype))
    throw data_error({.what = fmt::format("{} has values that are not integers by their type", name),
                      .expected = "integers, of any width",
                      .found = std::string(dtype_name(array.dtype)),
                      .hint = "in numpy: x.astype(numpy.int64)"});
  return convert<int>(array, name);
}

void expect_dimensions(const Array& array, std::string_view name, std::initializer_list<std::string_view> dimensions) {
  if (array.shape.size() == dimensions.size()) return;
  std::string expected = "[";
  for (const std::string_view dimension : dimensions)
    expected += (expected.size() > 1 ? ", " : "") + std::string(dimension);
  throw data_error({.what = fmt::format("{} has the wrong number of dimensions", name),
                    .expected = expected + "]",
                    .found = shape_text(array.shape)});
}

}  // namespace hysteron
