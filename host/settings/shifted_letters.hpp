#pragma once
#include <string>
#include <string_view>

namespace hysteron {

// Where a space may stand, toml++ 3.3 runs into undefined behavior at many letters from U+0080 to U+FEFE. Letters
// beyond are safe, so it is given a text whose letters are moved by U+F0000, into a plane for private use, and what it
// has read is moved back. No letter changes its line or column.

/// Throws a usage error with the position for text that is not UTF-8 or already has letters in that plane.
std::string shift_letters(std::string_view text, const std::string& name);
std::string unshift_letters(std::string_view text);

}  // namespace hysteron
