#pragma once
#include <string>
#include <vector>

namespace hysteron {

/// What a run says about where it ran.
struct EnvironmentFacts {
  std::string version;  ///< of hysteron
  std::string device;   ///< in words
  int threads = 0;
  std::vector<std::string> command_line;  ///< as typed, the program's name first
};

/// One JSON object: these facts, and the compiler, the processor, the system, the host's name and the date (UTC).
std::string environment_json(const EnvironmentFacts& facts);

std::string processor_name();  ///< "AMD EPYC 7763 64-Core Processor"; "unknown" where the system does not tell

}  // namespace hysteron
