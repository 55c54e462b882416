#pragma once
#include <string>
#include <string_view>

namespace hysteron {

/// Text of others (names in files, arguments, paths) as a terminal or a page may show it: control characters, bytes
/// that are no UTF-8, and letters that turn or hide the text around them are written out, as \x1b, \n or \u{202e}. All
/// else stays, backslashes too.
enum class Newlines { written_out, kept };
std::string printable(std::string_view text, Newlines newlines = Newlines::written_out);

}  // namespace hysteron
