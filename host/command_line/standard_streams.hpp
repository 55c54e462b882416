#pragma once
#include <string_view>

namespace hysteron {

/// To be called first. Standard streams that are closed lead to /dev/null from now on: no file that is opened later
/// takes their place, and gets what is said to the user. A reader that went away (SIGPIPE) ends nothing: the write
/// fails.
void prepare_standard_streams();

/// Says it on standard error; where that cannot be written, nobody hears it, and all goes on.
void tell(std::string_view text);

}  // namespace hysteron
