#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <hysteron/array.hpp>

namespace hysteron {

struct NamedArray {
  std::string name = {};
  Array array = {};
};

/// Named tensors, and a few words about them: https://github.com/huggingface/safetensors.
/// The file: header length (8 bytes), header (JSON, padded with spaces to a multiple of 8), values without gaps.
struct Safetensors {
  std::vector<NamedArray> tensors = {};              ///< in the order of the header
  std::map<std::string, std::string> metadata = {};  ///< "__metadata__"

  const Array* find(std::string_view name) const;  ///< null: no such tensor
  /// Throws a data error that lists the existing names, and the nearest.
  const Array& at(std::string_view name) const;
};

/// Header length, JSON, dtypes, shapes, overlaps, gaps and the file's size are checked before any tensor is allocated;
/// anything wrong is a data error.
Safetensors read_safetensors(const std::filesystem::path& path);

/// The same tensors give the same bytes. The header keeps the given order; so do the values, except that wider types
/// come before narrower ones, so that every tensor is aligned for readers that map the file. Throws a data error when
/// the file cannot be written; an existing file is then unchanged. A metadata entry "hysteron_sha256" gets the SHA-256
/// of the file with zeros in that place; a file with this entry is checked when it is read.
void write_safetensors(const std::filesystem::path& path, const Safetensors& file);

}  // namespace hysteron
