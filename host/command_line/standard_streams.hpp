#pragma once
#include <string_view>

namespace hysteron {

/// Call this first. Closed standard streams lead to /dev/null from now on, so that no file opened later takes their
/// place and receives what is meant for the user. A reader that has gone away (SIGPIPE) ends nothing: the write fails.
void prepare_standard_streams();

/// Writes the text to standard error; if that cannot be written, the text is lost and everything goes on.
void tell(std::string_view text);

}  // namespace hysteron
