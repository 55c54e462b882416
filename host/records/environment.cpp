#include "records/environment.hpp"

#include <ctime>
#include <fstream>

#include <fmt/format.h>
#include <sys/utsname.h>

#include "records/json.hpp"

namespace hysteron {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string environment_json(const EnvironmentFacts& facts) {
  utsname system{};
  const bool known = ::uname(&system) == 0;
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  const Json json{
      {"version", facts.version},
      {"compiler", __VERSION__},
      {"device", facts.device},
      {"processor", processor_name()},
      {"threads", facts.threads},
      {"system", known ? fmt::format("{} {} {}", system.sysname, system.release, system.machine) : "unknown"},
      {"host", known ? system.nodename : "unknown"},
      {"date", fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                           utc.tm_hour, utc.tm_min, utc.tm_sec)},
      {"command_line", facts.command_line}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace hysteron
