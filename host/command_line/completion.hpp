#pragma once
#include <string>
#include <vector>

#include "command_line/verbs.hpp"

namespace hysteron {

/// The shells that completion() knows.
const std::vector<std::string>& completed_shells();

/// A script that makes a shell complete verbs, options, and values that are one of several, from the same tables as
/// help; files otherwise.
std::string completion(const Verbs& verbs, const std::string& shell);

}  // namespace hysteron
