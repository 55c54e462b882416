#pragma once
#include <algorithm>
#include <string>

#include <fmt/format.h>

namespace hysteron {

/// A replica in the name of a file: all of a run have the same width, at least two digits, so that names are in the
/// order of numbers.
inline std::string replica_number(std::int64_t replica, std::int64_t replicas) {
  return fmt::format("{:0{}}", replica, std::max<std::size_t>(2, std::to_string(replicas - 1).size()));
}

}  // namespace hysteron
