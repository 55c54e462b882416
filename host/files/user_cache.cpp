#include "files/user_cache.hpp"

#include <cstdlib>

namespace hysteron {

std::filesystem::path user_cache() {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::filesystem::path(value ? value : "");
  };
  if (const std::filesystem::path cache = variable("XDG_CACHE_HOME"); !cache.empty()) return cache / "hysteron";
  const std::filesystem::path home = variable("HOME");
  return home.empty() ? home : home / ".cache" / "hysteron";
}

}  // namespace hysteron
