#include "settings/shifted_letters.hpp"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "foundation/utf8.hpp"

namespace hysteron {
namespace {

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
           .found = fmt::format("byte {:02x} (line {})", static_cast<unsigned char>(text[at]),
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
