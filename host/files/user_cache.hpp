#pragma once
#include <filesystem>

namespace hysteron {

/// $XDG_CACHE_HOME/hysteron or ~/.cache/hysteron, whether or not it is there; empty if neither variable is set.
std::filesystem::path user_cache();

}  // namespace hysteron
