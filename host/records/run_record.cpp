#include <hysteron/error.hpp>
#include <hysteron/run_record.hpp>

#include "files/source.hpp"
#include "records/journal_file.hpp"
#include "records/run_folder.hpp"
#include "records/run_history.hpp"
#include "records/run_result_file.hpp"

namespace hysteron {
namespace {

std::vector<std::pair<std::string, std::string>> environment_of(const Json& json, const std::string& name) {
  const JsonObject environment(json, name, damaged_record);
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [key, value] : json.items())
    all.emplace_back(key, value.is_string() ? environment.text(key.c_str()) : value.is_null() ? "" : json_line(value));
  return all;
}

}  // namespace

RunRecord read_run(const std::filesystem::path& path) {
  if (!is_run_folder(path) || !is_finished(path))
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
  run.result = read("result.json", run_result_of);
  run.environment = read("environment.json", environment_of);
  run.configuration = read_text(path / "config.toml");
  visit_journal(path / "journal.jsonl", [&](const JsonObject& line) {
    run.events.push_back(event_of(line));
    add_line(run.history, line, run.result.replicas);
  });
  for (int replica = 0; replica < run.result.replicas; ++replica)
    run.models.push_back(model_path(path, replica, run.result.replicas));
  return run;
}

}  // namespace hysteron
