#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <hysteron/journal.hpp>
#include <hysteron/run_history.hpp>
#include <hysteron/run_result.hpp>

namespace hysteron {

/// What a finished run left in its folder.
struct RunRecord {
  std::filesystem::path path = {};
  RunResult result = {};
  std::string configuration = {};  ///< every setting, as TOML: Settings::read_toml takes it
  /// Version, compiler, device, date, command line ..; what is no text is JSON.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<Event> events = {};                  ///< the whole journal, a line each
  RunHistory history = {};                         ///< what of it tables and charts show
  std::vector<std::filesystem::path> models = {};  ///< [replicas]: the files of the weights that are kept
};

/// Throws a usage error for a folder that is no finished run; a data error where a file is damaged, with the file, the
/// line and the key.
RunRecord read_run(const std::filesystem::path& path);

}  // namespace hysteron
