#include "settings/shifted_letters.hpp"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include <hysteron/error.hpp>

namespace hysteron {
namespace {

std::uint32_t byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;  // no letter continues with 0
}

/// A letter in UTF-8 and its bytes; none for invalid UTF-8.
struct Letter {
  std::uint32_t code = 0;
  std::size_t bytes = 0;
};

Letter letter_at(std::string_view text, std::size_t at) {
  const std::uint32_t lead = byte_at(text, at);
  const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
  if (bytes < 2) return {.code = lead, .bytes = bytes};
  std::uint32_t code = lead & (0x7Fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const std::uint32_t next = byte_at(text, at + i);
    if ((next & 0xC0) != 0x80) return {};
    code = code << 6 | (next & 0x3F);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least[bytes] || surrogate || code > 0x10FFFF) return {};
  return {.code = code, .bytes = bytes};
}

void append_letter(std::string& text, std::uint32_t code) {
  const auto add = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  const auto add_next = [&](int shift) { add(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x800) {
    add(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    add(0xE0 | code >> 12);
    add_next(6);
  } else {
    add(0xF0 | code >> 18);
    add_next(12);
    add_next(6);
  }
  add_next(0);
}

constexpr std::uint32_t shift = 0xF0000;

}  // namespace

std::string shift_letters(std::string_view text, const std::string& name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // the byte order mark of some editors
  std::string shifted;
  shifted.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Letter letter = letter_at(text, at);
    if (letter.bytes == 0 || letter.code >> 16 == shift >> 16)
      throw usage_error(
          {.what = fmt::format("{} is not valid TOML", name),
           .expected = "text in UTF-8",
           .found = fmt::format("byte {:02x} (line {})", byte_at(text, at),
                                1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'))});
    if (letter.code < 0x80 || letter.code > 0xFFFF)
      shifted += text.substr(at, letter.bytes);
    else
      append_letter(shifted, letter.code + shift);
    at += letter.bytes;
  }
  return shifted;
}

std::string unshift_letters(std::string_view text) {
  std::string letters;
  for (std::size_t at = 0; at < text.size();) {
    const Letter letter = letter_at(text, at);
    const std::size_t bytes = std::max<std::size_t>(letter.bytes, 1);
    if (letter.code >> 16 == shift >> 16 && letter.code - shift >= 0x80)
      append_letter(letters, letter.code - shift);
    else
      letters += text.substr(at, bytes);
    at += bytes;
  }
  return letters;
}

}  // namespace hysteron
