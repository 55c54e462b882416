#include "files/npy.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include <hysteron/error.hpp>

#include "files/atomic_file.hpp"
#include "files/dtype.hpp"
#include "files/npy_header.hpp"

namespace hysteron {
namespace {

/// Rearranges values from Fortran order (the first index fastest) to C order (the last fastest).
std::vector<std::byte> transposed(const std::vector<std::byte>& fortran, std::span<const std::int64_t> shape,
                                  std::size_t item) {
  std::vector<std::byte> result(fortran.size());
  std::vector<std::size_t> stride(shape.size()), index(shape.size(), 0);
  std::size_t product = item, from = 0;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    stride[d] = product;
    product *= static_cast<std::size_t>(shape[d]);
  }
  for (std::size_t to = 0; to < result.size(); to += item) {
    std::memcpy(result.data() + to, fortran.data() + from, item);
    for (std::size_t d = shape.size(); d-- > 0;) {  // the next index, the last one first
      from += stride[d];
      if (++index[d] < static_cast<std::size_t>(shape[d])) break;
      from -= stride[d] * index[d];
      index[d] = 0;
    }
  }
  return result;
}

std::string descr_of(DType dtype) {
  const DTypeFacts& facts = facts_of(dtype);
  if (facts.npy.empty())
    throw data_error({.what = "an array that NumPy's files cannot hold",
                      .expected = "float32 or float64",
                      .found = std::string(facts.name)});
  return std::string(facts.npy);
}

std::string header_of(const Array& array) {
  std::string shape = "(";
  for (std::size_t d = 0; d < array.shape.size(); ++d) shape += (d > 0 ? ", " : "") + std::to_string(array.shape[d]);
  shape += array.shape.size() == 1 ? ",)" : ")";
  std::string text = "{'descr': '" + descr_of(array.dtype) + "', 'fortran_order': False, 'shape': " + shape + ", }";
  // NumPy leaves room for the first extent to grow to 21 digits, and starts the values at a multiple of 64.
  if (!array.shape.empty()) text.append(21 - std::to_string(array.shape[0]).size(), ' ');
  text.append(64 - (11 + text.size()) % 64, ' ');
  text += '\n';
  const char prefix[] = {'\x93',
                         'N',
                         'U',
                         'M',
                         'P',
                         'Y',
                         1,
                         0,
                         static_cast<char>(text.size() & 0xFF),
                         static_cast<char>(text.size() >> 8)};
  return std::string(prefix, sizeof prefix) + text;
}

}  // namespace

Array read_npy(const Source& source) {
  return doing("reading " + source.name(), [&] {
    const std::vector<std::byte> start = source.read(0, std::min(source.size(), largest_npy_header));
    const NpyHeader header = parse_npy_header(start, source.size());
    Array array{.dtype = header.dtype,
                .shape = header.shape,
                .bytes = source.read(header.data_at, source.size() - header.data_at)};
    if (header.order == Order::fortran && header.shape.size() > 1)
      array.bytes = transposed(array.bytes, header.shape, item_size(header.dtype));
    return array;
  });
}

Array read_array(std::string_view path) {
  std::string file(path), member;
  const std::size_t colon = path.rfind(".npz:");
  if (colon != std::string_view::npos && !std::filesystem::exists(file)) {
    member = file.substr(colon + 5);
    file.resize(colon + 4);
  }
  const Source source{std::filesystem::path(file)};
  char magic[2] = {};
  if (source.size() >= 2) source.read(0, std::as_writable_bytes(std::span(magic)));
  const bool zip = magic[0] == 'P' && magic[1] == 'K';
  if (!zip && !member.empty())
    throw data_error({.what = file + " has no members", .expected = "an .npz archive", .found = "another file"});
  return zip ? read_npz(source, member) : read_npy(source);
}

std::vector<std::byte> npy_bytes(const Array& array) {
  const std::string header = header_of(array);
  const std::span<const std::byte> text = std::as_bytes(std::span(header));
  std::vector<std::byte> bytes(text.begin(), text.end());
  bytes.insert(bytes.end(), array.bytes.begin(), array.bytes.end());
  return bytes;
}

void write_npy(const std::filesystem::path& path, const Array& array) {
  AtomicFile file(path);
  file.write(header_of(array));
  file.write(array.bytes);
  file.commit();
}

}  // namespace hysteron
