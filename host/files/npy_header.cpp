#include "files/npy_header.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "files/dtype.hpp"

namespace hysteron {
namespace {

constexpr std::size_t most_dimensions = 32;  // NumPy's own limit

Error malformed_npy(std::string what, std::string expected, std::string found) {
  return data_error({.what = std::move(what),
                     .expected = std::move(expected),
                     .found = std::move(found),
                     .hint = "write the file again with numpy.save"});
}

DType dtype_of(const std::string& descr) {
  for (const DTypeFacts& facts : every_dtype)
    if (!facts.npy.empty() &&
        (descr == facts.npy || (facts.bytes == 1 && descr == "<" + std::string(facts.npy.substr(1)))))
      return facts.dtype;
  std::string hint = "in numpy: x.astype(numpy.float32) for real numbers, x.astype(numpy.int64) for integers";
  if (descr.starts_with('>')) hint = "it is big-endian; in numpy: x.astype(x.dtype.newbyteorder(\"<\"))";
  if (descr.starts_with("<c")) hint = "complex numbers: numpy.stack((x.real, x.imag), -1) has both parts side by side";
  if (descr.find('O') != std::string::npos)
    hint = "sequences of several lengths are padded, with the lengths in a file of their own";
  throw data_error({.what = "the array's dtype is not one that is read",
                    .expected = "little-endian real numbers or integers, as <f4 or <i8",
                    .found = "\"" + descr + "\"",
                    .hint = hint});
}

/// The Python literal in the header; only what NumPy writes is accepted:
/// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderText {
 public:
  explicit HeaderText(std::string_view text) : text_(text) {}

  NpyHeader parse() {
    std::optional<std::string> descr;
    std::optional<Order> order;
    std::optional<std::vector<std::int64_t>> shape;
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr" && !descr)
        descr = string();
      else if (key == "fortran_order" && !order)
        order = boolean();
      else if (key == "shape" && !shape)
        shape = tuple();
      else
        throw refuse(fmt::format("the key \"{}\"", key));
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) throw refuse("text after the closing brace");
    if (!descr || !order || !shape) throw refuse("not all three keys");
    return {.dtype = dtype_of(*descr), .order = *order, .shape = std::move(*shape), .data_at = 0};
  }

 private:
  Error refuse(std::string found) const {
    return malformed_npy("the header of the array is malformed",
                         "{'descr': '<f4', 'fortran_order': False, 'shape': (..), } with each key once",
                         fmt::format("{} at character {}", found, at_));
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  bool accept(char letter) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != letter) return false;
    ++at_;
    return true;
  }
  void expect(char letter) {
    if (!accept(letter)) throw refuse(fmt::format("no \"{}\"", letter));
  }
  std::string string() {
    const char quote = accept('\'') ? '\'' : '"';
    if (quote == '"') {
      // A structured dtype is a list, not a string.
      if (accept('[')) throw refuse("a structured dtype");
      expect('"');
    }
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) throw refuse("a string without end");
    const std::string value(text_.substr(at_, end - at_));
    const bool printable =
        std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
    if (!printable) throw refuse("a string with other letters than ASCII's");
    at_ = end + 1;
    return value;
  }
  Order boolean() {
    skip_space();
    for (const auto& [word, order] : {std::pair{"True", Order::fortran}, std::pair{"False", Order::c}})
      if (text_.substr(at_).starts_with(word)) {
        at_ += std::string_view(word).size();
        return order;
      }
    throw refuse("neither True nor False");
  }
  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> shape;
    expect('(');
    while (!accept(')')) {
      skip_space();
      std::int64_t extent = 0;
      const char* const first = text_.data() + at_;
      const auto [last, code] = std::from_chars(first, text_.data() + text_.size(), extent);
      if (code != std::errc{}) throw refuse("an extent that is no integer of 64 bits");
      at_ += static_cast<std::size_t>(last - first);
      accept('L');  // written by Python 2
      shape.push_back(extent);
      if (shape.size() > most_dimensions) throw refuse(fmt::format("more than {} dimensions", most_dimensions));
      const bool comma = accept(',');
      if (shape.size() == 1 && !comma) throw refuse("a tuple of one without its comma");
      if (!comma) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> start, std::uint64_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(start.data()), start.size());
  const auto number = [&](std::size_t at) { return std::to_integer<std::uint32_t>(start[at]); };
  if (!bytes.starts_with("\x93NUMPY"))
    throw malformed_npy("not a .npy file", "the first bytes \\x93NUMPY",
                        bytes.empty() ? "an empty file" : "other bytes");
  if (bytes.size() < 10)
    throw malformed_npy("the header of the array is cut short", "10 bytes or more", fmt::format("{}", size));
  const std::uint32_t version = number(6);
  if (version < 1 || version > 3 || number(7) != 0)
    throw malformed_npy("a version of .npy that is not read", "1.0, 2.0 or 3.0",
                        fmt::format("{}.{}", version, number(7)));
  const std::size_t text_at = version == 1 ? 10 : 12;
  std::uint64_t length = number(8) | number(9) << 8;
  if (version > 1) {
    if (bytes.size() < 12)
      throw malformed_npy("the header of the array is cut short", "12 bytes or more", fmt::format("{}", size));
    length |= number(10) << 16 | std::uint64_t{number(11)} << 24;
  }
  if (length > largest_npy_header - text_at)
    throw malformed_npy("the header of the array is too long",
                        fmt::format("at most {} bytes", largest_npy_header - text_at), fmt::format("{}", length));
  if (length > bytes.size() - text_at)
    throw malformed_npy("the header of the array is cut short", fmt::format("{} bytes", length),
                        fmt::format("{}", bytes.size() - text_at));

  NpyHeader header = HeaderText(bytes.substr(text_at, length)).parse();
  header.data_at = text_at + length;
  const std::uint64_t available = size - header.data_at, needed = bytes_of_shape(header.dtype, header.shape, available);
  if (needed != available)
    throw malformed_npy(
        "the file is longer than its array",
        fmt::format("{} bytes of values for {} {}", needed, dtype_name(header.dtype), shape_text(header.shape)),
        fmt::format("{}", available));
  return header;
}

}  // namespace hysteron
