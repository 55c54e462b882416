#pragma once
#include <string>

namespace hysteron {

/// What to do about a file that the system refuses to write or to enlarge, by its error number; may be empty.
std::string way_out_of(int error_number);

}  // namespace hysteron
