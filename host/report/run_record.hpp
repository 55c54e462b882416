#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "files/json.hpp"

namespace hysteron {

/// What a finished run left: its result, its journal and its resolved configuration.
struct RunRecord {
  std::filesystem::path path;
  Json result;
  std::vector<Json> events;  ///< the journal's lines
  Json environment;
  std::string configuration;

  std::size_t replicas() const { return result["replicas"].get<std::size_t>(); }
};

/// Throws a usage error for a folder that is no finished run; a data error where a file is damaged.
RunRecord read_run(const std::filesystem::path& path);

/// What tells the runs apart: cell and start, structure and task where these differ, and the folder if nothing does.
std::vector<std::string> labels_of(const std::vector<RunRecord>& runs);

}  // namespace hysteron
