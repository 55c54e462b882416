#pragma once
#include <array>
#include <cstddef>
#include <string_view>

#include <hysteron/array.hpp>

namespace hysteron {

enum class NumberKind { real, integer, none };

/// The names of an element type, and its representation in files.
struct DTypeFacts {
  DType dtype;
  std::string_view name;         ///< NumPy's: "float32"
  std::string_view npy;          ///< in a .npy header: "<f4"; empty: NumPy lacks it
  std::string_view safetensors;  ///< "F32"
  std::size_t bytes;
  NumberKind kind;
};

/// All of them, in the order of DType.
inline constexpr std::array<DTypeFacts, 15> every_dtype{
    {{DType::f32, "float32", "<f4", "F32", 4, NumberKind::real},
     {DType::f64, "float64", "<f8", "F64", 8, NumberKind::real},
     {DType::f16, "float16", "<f2", "F16", 2, NumberKind::real},
     {DType::bf16, "bfloat16", "", "BF16", 2, NumberKind::real},
     {DType::f8_e5m2, "float8_e5m2", "", "F8_E5M2", 1, NumberKind::none},
     {DType::f8_e4m3, "float8_e4m3", "", "F8_E4M3", 1, NumberKind::none},
     {DType::boolean, "bool", "|b1", "BOOL", 1, NumberKind::integer},
     {DType::u8, "uint8", "|u1", "U8", 1, NumberKind::integer},
     {DType::i8, "int8", "|i1", "I8", 1, NumberKind::integer},
     {DType::u16, "uint16", "<u2", "U16", 2, NumberKind::integer},
     {DType::i16, "int16", "<i2", "I16", 2, NumberKind::integer},
     {DType::u32, "uint32", "<u4", "U32", 4, NumberKind::integer},
     {DType::i32, "int32", "<i4", "I32", 4, NumberKind::integer},
     {DType::u64, "uint64", "<u8", "U64", 8, NumberKind::integer},
     {DType::i64, "int64", "<i8", "I64", 8, NumberKind::integer}}};

constexpr const DTypeFacts& facts_of(DType dtype) { return every_dtype[static_cast<std::size_t>(dtype)]; }

}  // namespace hysteron
