#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <hysteron/journal.hpp>
#include <hysteron/run_history.hpp>
#include <hysteron/run_result.hpp>

namespace hysteron {

/// The contents of a finished run's folder.
struct RunRecord {
  std::filesystem::path path = {};
  RunResult result = {};
  std::string configuration = {};  ///< every setting, as TOML: Settings::read_toml takes it
  /// Version, compiler, device, date, command line ..; whatever is not text is JSON.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<Event> events = {};                  ///< the whole journal, one event a line
  RunHistory history = {};                         ///< the part of it that tables and charts show
  std::vector<std::filesystem::path> models = {};  ///< [replicas]: the files of the kept weights
};

/// Throws a usage error for a folder that is not a finished run, and a data error that names the file, the line and the
/// key where a file is damaged.
RunRecord read_run(const std::filesystem::path& path);

}  // namespace hysteron
