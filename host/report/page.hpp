#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "records/json.hpp"

namespace hysteron {

/// What a finished run left: its result, its journal and its resolved configuration.
struct RunRecord {
  std::filesystem::path path;
  Json result;
  std::vector<Json> events;  ///< the journal's lines
  Json environment;
  std::string configuration;
};

/// Throws a usage error for a folder that is no finished run.
RunRecord read_run(const std::filesystem::path& path);

/// One self-contained HTML page about one run or several side by side: a table with a line for each replica, the
/// validation loss and VAA* as charts, the configurations, the machine, and the papers to cite.
std::string page_of(const std::vector<RunRecord>& runs);

}  // namespace hysteron
