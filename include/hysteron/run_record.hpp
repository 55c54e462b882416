#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <hysteron/journal.hpp>
#include <hysteron/run_history.hpp>
#include <hysteron/run_result.hpp>

namespace hysteron {

/// running: a process is at it now; stopped: by a signal, at a checkpoint; interrupted: neither.
enum class RunState { finished, running, stopped, interrupted };

/// The contents of a run's folder.
struct RunRecord {
  std::filesystem::path path = {};
  RunState state = RunState::finished;
  RunResult result = {};
  std::string configuration = {};  ///< every setting, as TOML: Settings::read_toml takes it
  /// Version, compiler, device, date, the command as a shell takes it ..; whatever else is not text is JSON.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<Event> events = {};                  ///< the whole journal, one event a line
  RunHistory history = {};                         ///< the part of it that tables and charts show
  std::vector<std::filesystem::path> models = {};  ///< [replicas]: the files of the kept weights
};

/// What to do with a run that has no result yet.
enum class Unfinished { refuse, read };

/// Throws a usage error for a folder that is not that of a run, or of an unfinished one that is to be refused, and a
/// data error that names the file, the line and the key where a file is damaged. The result of an unfinished run says
/// what its configuration and its journal tell up to now: the task, the network, the gradient steps, and the best
/// validation loss or the latest return of each replica.
RunRecord read_run(const std::filesystem::path& path, Unfinished unfinished = Unfinished::refuse);

}  // namespace hysteron
