#pragma once
#include <string_view>

namespace hysteron {

/// Call this first. Closed standard streams lead to /dev/null from now on, so that no file opened later takes their
/// place and receives what is meant for the user. A reader that has gone away (SIGPIPE) and a file that has reached the
/// limit on its size (SIGXFSZ) end nothing: the write fails, and its error says what could not be written.
void prepare_standard_streams();

/// Writes the text to standard error; if that cannot be written, the text is lost and everything goes on.
void tell(std::string_view text);

}  // namespace hysteron
