#include "foundation/printable.hpp"

#include <array>
#include <cstdint>
#include <cstdio>

#include "foundation/utf8.hpp"

namespace hysteron {
namespace {

std::string written_out(const char* format, unsigned code) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), format, code);
  return text.data();
}

/// Zero width, direction of writing, line and paragraph separators, and the tags that no font shows.
bool misleads(std::uint32_t code) {
  return (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || (code >= 0xE0000 && code <= 0xE007F);
}

}  // namespace

std::string printable(std::string_view text, Newlines newlines) {
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = letter_at(text, at);
    if (bytes == 0)
      shown += written_out("\\x%02x", static_cast<unsigned char>(text[at]));
    else if (code == '\n')
      shown += newlines == Newlines::kept ? "\n" : "\\n";
    else if (code == '\t')
      shown += "\\t";
    else if (code < 0x20 || (code >= 0x7F && code < 0xA0))
      shown += written_out("\\x%02x", code);
    else if (misleads(code))
      shown += written_out("\\u{%x}", code);
    else
      shown += text.substr(at, bytes);
    at += bytes == 0 ? 1 : bytes;
  }
  return shown;
}

}  // namespace hysteron
