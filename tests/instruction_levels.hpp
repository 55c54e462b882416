#pragma once
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <hysteron/backend.hpp>

#include "backend/instruction_level.hpp"

namespace hysteron {

inline std::vector<std::string> runnable_level_names() {
  std::vector<std::string> names;
  for (const InstructionLevel& level : runnable_levels()) names.push_back(level.name);
  return names;
}

/// Gives HYSTERON_CPU_LEVEL another value for the lifetime of this object.
class ForcedLevel {
 public:
  explicit ForcedLevel(const std::string& level) {
    if (const char* const before = std::getenv(variable)) before_ = before;
    setenv(variable, level.c_str(), 1);
  }
  ForcedLevel(const ForcedLevel&) = delete;
  ~ForcedLevel() { before_.empty() ? unsetenv(variable) : setenv(variable, before_.c_str(), 1); }

 private:
  static constexpr const char* variable = "HYSTERON_CPU_LEVEL";
  std::string before_;
};

inline std::unique_ptr<Backend> backend_of_level(const std::string& level, int threads) {
  const ForcedLevel forced(level);
  return make_backend("cpu", threads);
}

}  // namespace hysteron
