#include "report/run_record.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "files/json_object.hpp"
#include "files/source.hpp"
#include "records/run_folder.hpp"

namespace hysteron {

namespace {

constexpr const char* other_version = "it is damaged, or of another version of hysteron, whose report shows it";

/// What pages, tables and comparisons take for granted.
void expect_result(const Json& json, const std::string& name) {
  const JsonObject result(json, name, other_version);
  for (const char* const key : {"task", "cell", "structure", "init"}) result.text(key);
  for (const char* const key : {"replicas", "seed"}) result.count(key);
  result.number("seconds");
  for (const char* const key :
       {"vaa_before", "vaa_start", "vaa", "train_loss", "valid_loss", "test_loss", "test_accuracy", "best_step",
        "solved", "return", "best_return", "optimal", "first_optimal_episode", "optimal_episode"}) {
    if (!result.has(key)) continue;
    const std::size_t values = result.list(key).size();
    if (values != 0 && values != result.count("replicas"))
      throw result.wrong(key, fmt::format("{} values, one a replica, or none", result.count("replicas")),
                         std::to_string(values));
  }
  if (result.has("first_optimal_episode")) result.count("episodes");
}

void expect_event(const Json& json, const std::string& name) {
  const JsonObject event(json, name, other_version);
  const std::string kind = event.text("event");
  for (const char* const key : {"update", "step", "episode"})
    if (event.has(key)) event.number(key);
  if (kind == "memory") {
    event.text("when"), event.count("replica");
    const std::size_t lags = event.list("error_by_lag").size(), of_variance = event.list("variance_by_lag").size();
    if (lags != of_variance)
      throw event.wrong("variance_by_lag", fmt::format("{} values, as error_by_lag", lags),
                        std::to_string(of_variance));
  }
  if (kind == "gradient")
    event.count("update"), event.count("replica"), event.count("layer"), event.list("state_grad_norm");
}

std::vector<Json> read_events(const std::filesystem::path& path) {
  const std::string journal = read_text(path);
  std::vector<Json> events;
  for (std::size_t at = 0; at < journal.size();) {
    const std::size_t end = std::min(journal.find('\n', at), journal.size());
    const std::string_view line = std::string_view(journal).substr(at, end - at);
    const std::string name = fmt::format("{}, line {}", path.string(), events.size() + 1);
    if (!Json::accept(line))
      throw data_error({.what = name + ", is not whole",
                        .expected = "one JSON object",
                        .found = std::string(line.substr(0, 60)),
                        .hint = "take that line out of the file: a report shows what the others say"});
    expect_event(events.emplace_back(parse_json(line, name)), name);
    at = end + 1;
  }
  return events;
}

}  // namespace

RunRecord read_run(const std::filesystem::path& path) {
  if (!is_run_folder(path) || !is_finished(path))
    throw usage_error({.what = path.string() + " is not the folder of a finished run",
                       .expected = "a folder with config.toml, environment.json and result.json",
                       .found = is_run_folder(path) ? "a run that is not finished" : "no run folder",
                       .hint = is_run_folder(path) ? "hysteron train --resume " + path.string() + " goes on with it"
                                                   : "hysteron train --out FOLDER makes one"});
  const auto json = [&](const char* file) { return parse_json(read_text(path / file), (path / file).string()); };
  RunRecord run{.path = path,
                .result = json("result.json"),
                .events = read_events(path / "journal.jsonl"),
                .environment = json("environment.json"),
                .configuration = read_text(path / "config.toml")};
  expect_result(run.result, (path / "result.json").string());
  JsonObject(run.environment, (path / "environment.json").string(), other_version);
  return run;
}

std::vector<std::string> labels_of(const std::vector<RunRecord>& runs) {
  std::vector<std::string> labels(runs.size());
  const auto text = [&](std::size_t run, const char* key) { return runs[run].result.value(key, std::string()); };
  const auto differs = [&](const char* key) {
    for (std::size_t i = 1; i < runs.size(); ++i)
      if (text(i, key) != text(0, key)) return true;
    return false;
  };
  const auto add = [&](const char* key) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (text(i, key).empty()) continue;
      labels[i] += (labels[i].empty() ? "" : " ") + text(i, key);
    }
  };
  if (differs("task")) add("task");
  add("cell");
  if (differs("structure")) add("structure");
  add("init");
  if (differs("compat")) add("compat");
  std::vector<std::string> result = labels;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (std::count(labels.begin(), labels.end(), labels[i]) > 1)
      result[i] += " (" + runs[i].path.filename().string() + ")";
  return result;
}

}  // namespace hysteron
