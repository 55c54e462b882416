#include "files/idx.hpp"

#include <array>
#include <optional>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "files/inflater.hpp"

namespace hysteron {
namespace {

Error malformed_idx(std::string what, std::string expected, std::string found) {
  return data_error({.what = std::move(what),
                     .expected = std::move(expected),
                     .found = std::move(found),
                     .hint = "fetch the file again"});
}

/// read(to): the next bytes; most: how many there can be in all.
template <class Read>
Array parse(Read read, std::uint64_t most) {
  std::array<std::byte, 4> word;
  read(std::span(word));
  const auto number = [&](std::size_t i) { return std::to_integer<std::uint32_t>(word[i]); };
  if (number(0) != 0 || number(1) != 0 || number(2) != 0x08 || number(3) < 1 || number(3) > 4)
    throw malformed_idx("not an idx file of unsigned bytes", "the first bytes 00 00 08 and 1 to 4 dimensions",
                        fmt::format("{:02x} {:02x} {:02x} {:02x}", number(0), number(1), number(2), number(3)));
  const std::uint32_t dimensions = number(3);
  Array array{.dtype = DType::u8, .shape = {}, .bytes = {}};
  for (std::uint32_t d = 0; d < dimensions; ++d) {
    read(std::span(word));
    array.shape.push_back(number(0) << 24 | number(1) << 16 | number(2) << 8 | number(3));
  }
  const std::uint64_t header = 4 + 4 * std::uint64_t{dimensions};
  array.bytes.resize(bytes_of_shape(DType::u8, array.shape, most < header ? 0 : most - header));
  read(std::span(array.bytes));
  return array;
}

}  // namespace

Array read_idx(const Source& source) {
  return doing("reading " + source.name(), [&] {
    std::array<std::byte, 2> start{};
    if (source.size() >= 2) source.read(0, start);
    if (start[0] == std::byte{0x1f} && start[1] == std::byte{0x8b}) {
      Inflater inflater(source, 0, source.size(), Packing::gzip);
      Array array = parse([&](std::span<std::byte> to) { inflater.read(to); }, Inflater::most_bytes(source.size()));
      inflater.expect_end();
      return array;
    }
    std::uint64_t at = 0;
    Array array = parse(
        [&](std::span<std::byte> to) {
          source.read(at, to);
          at += to.size();
        },
        source.size());
    if (at != source.size())
      throw malformed_idx("the file is longer than its array",
                          fmt::format("{} bytes for {}", at, shape_text(array.shape)),
                          fmt::format("{}", source.size()));
    return array;
  });
}

}  // namespace hysteron
