#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include <hysteron/error.hpp>
#include <hysteron/run_record.hpp>

#include "files/folder_lock.hpp"
#include "files/source.hpp"
#include "records/journal_file.hpp"
#include "records/run_folder.hpp"
#include "records/run_history.hpp"
#include "records/run_result_file.hpp"
#include "settings/settings_toml.hpp"

namespace hysteron {
namespace {

/// Words as a shell takes them.
std::string command_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    const bool plain = !word.empty() && std::ranges::all_of(word, [](unsigned char letter) {
      return std::isalnum(letter) != 0 ||
             std::string_view("_./=:,+@%-").find(static_cast<char>(letter)) != std::string_view::npos;
    });
    std::string quoted = "'";
    for (const char letter : word) quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    line += (line.empty() ? "" : " ") + (plain ? word : quoted + "'");
  }
  return line;
}

std::vector<std::pair<std::string, std::string>> environment_of(const Json& json, const std::string& name) {
  const JsonObject environment(json, name, damaged_record);
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [key, value] : json.items())
    all.emplace_back(key, key == "command"    ? command_line(environment.texts("command"))
                          : value.is_string() ? environment.text(key.c_str())
                          : value.is_null()   ? ""
                                              : json_line(value));
  return all;
}

RunState state_of_unfinished(const RunRecord& run) {
  if (is_locked(run.path)) return RunState::running;
  RunState state = RunState::interrupted;
  for (const Event& event : run.events)
    state = event.name == "stopped"                              ? RunState::stopped
            : event.name == "started" || event.name == "resumed" ? RunState::interrupted
                                                                 : state;
  return state;
}

/// The least of each replica, and the gradient step where it was.
PredictionResult best_validation(const Course& losses, int replicas) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  PredictionResult best{.valid_loss = std::vector<double>(static_cast<std::size_t>(replicas), none),
                        .best_step = std::vector<std::int64_t>(static_cast<std::size_t>(replicas), 0)};
  for (const auto& [update, values] : losses)
    for (std::size_t r = 0; r < values.size(); ++r)
      if (values[r] < best.valid_loss[r] || (std::isfinite(values[r]) && !std::isfinite(best.valid_loss[r])))
        best.valid_loss[r] = values[r], best.best_step[r] = update;
  return best;
}

/// What the journal of an unfinished run tells.
void add_progress(RunRecord& run) {
  RunResult& result = run.result;
  for (const Event& event : run.events) {
    result.seconds = event.seconds;
    for (const auto& [key, value] : event.values) {
      if (const auto* const update = std::get_if<std::int64_t>(&value.variant()); update && key == "update")
        result.steps = *update;
      if (const auto* const device = std::get_if<std::string>(&value.variant()); device && key == "device")
        result.device = *device;
    }
  }
  if (run.history.returns.empty()) {
    result.predictions = best_validation(run.history.valid_loss, result.replicas);
  } else {
    const double unknown = std::numeric_limits<double>::quiet_NaN();
    result.policies = {.episodes = run.history.returns.rbegin()->first,
                       .last_return = run.history.returns.rbegin()->second,
                       .optimal_return = unknown,
                       .memoryless_return = unknown};
  }
}

/// What the configuration tells.
RunResult configured_result(const std::string& configuration, const std::string& name) {
  RunResult result{.replicas = 1};
  const std::pair<const char*, std::string RunResult::*> texts[] = {{"task.name", &RunResult::task},
                                                                    {"model.cell", &RunResult::cell},
                                                                    {"model.structure", &RunResult::structure},
                                                                    {"init.name", &RunResult::init},
                                                                    {"compat", &RunResult::compat}};
  const auto read = [&](const TomlLeaf& leaf) {
    if (!leaf.value) return;
    if (const auto* const text = std::get_if<std::string>(&*leaf.value))
      for (const auto& [key, member] : texts)
        if (leaf.key == key) result.*member = *text;
    if (const auto* const number = std::get_if<std::int64_t>(&*leaf.value)) {
      if (leaf.key == "replicas") result.replicas = static_cast<int>(*number);
      if (leaf.key == "seed") result.seed = *number;
    }
  };
  visit_toml(configuration, name, read, [](const TomlSection&) {});
  return result;
}

}  // namespace

RunRecord read_run(const std::filesystem::path& path, Unfinished unfinished) {
  if (!is_run_folder(path) || (!is_finished(path) && unfinished == Unfinished::refuse))
    throw usage_error({.what = path.string() + " is not the folder of a finished run",
                       .expected = "a folder with config.toml, environment.json and result.json",
                       .found = is_run_folder(path) ? "a run that is not finished" : "no run folder",
                       .hint = is_run_folder(path) ? "hysteron train --resume " + path.string() + " goes on with it"
                                                   : "hysteron train --out FOLDER makes one"});
  const auto read = [&](const char* file, const auto& of) {
    const std::string name = (path / file).string();
    return of(parse_json(read_text(name), name), name);
  };
  RunRecord run;
  run.path = path;
  run.configuration = read_text(path / "config.toml");
  const bool finished = is_finished(path);
  run.result = finished ? read("result.json", run_result_of)
                        : configured_result(run.configuration, (path / "config.toml").string());
  run.environment = read("environment.json", environment_of);
  const auto visit = [&](const JsonObject& line) {
    run.events.push_back(event_of(line));
    add_line(run.history, line, run.result.replicas);
  };
  if (finished || std::filesystem::exists(path / "journal.jsonl"))
    visit_journal(path / "journal.jsonl", finished ? LastLine::must_be_whole : LastLine::may_be_cut, visit);
  if (!finished) {
    run.state = state_of_unfinished(run);
    run.result.run = path.string();
    add_progress(run);
    return run;
  }
  for (int replica = 0; replica < run.result.replicas; ++replica)
    run.models.push_back(model_path(path, replica, run.result.replicas));
  return run;
}

}  // namespace hysteron
