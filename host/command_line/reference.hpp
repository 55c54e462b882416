#pragma once
#include <string>

#include "command_line/verbs.hpp"

namespace hysteron {

/// Every verb with its options, choices and defaults, and the exit codes, as Markdown.
std::string reference_of(const Verbs& verbs);

/// Every key of a configuration with its type, default, limits and description, as Markdown.
std::string reference_of_keys();

/// The same as a page of the manual, in troff.
std::string manual_page(const Verbs& verbs);

}  // namespace hysteron
