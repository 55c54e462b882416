#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace hysteron {

/// A letter in UTF-8: its number and its bytes; none where no letter begins.
struct Letter {
  std::uint32_t code = 0;
  std::size_t bytes = 0;
};

/// Strict: no overlong forms, no surrogates, nothing beyond U+10FFFF. at: inside the text.
Letter letter_at(std::string_view text, std::size_t at);

/// code: from U+0080 on.
void append_letter(std::string& text, std::uint32_t code);

}  // namespace hysteron
