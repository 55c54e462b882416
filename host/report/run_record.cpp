#include "report/run_record.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "records/run_folder.hpp"
#include "records/source.hpp"

namespace hysteron {

RunRecord read_run(const std::filesystem::path& path) {
  if (!is_run_folder(path) || !is_finished(path))
    throw usage_error({.what = path.string() + " is not the folder of a finished run",
                       .expected = "a folder with config.toml and result.json",
                       .found = "",
                       .hint = "hysteron train --out FOLDER makes one; --resume FOLDER finishes one"});
  const auto json = [&](const char* file) { return parse_json(read_text(path / file), (path / file).string()); };
  RunRecord run{.path = path,
                .result = json("result.json"),
                .events = {},
                .environment = json("environment.json"),
                .configuration = read_text(path / "config.toml")};
  const std::string journal = read_text(path / "journal.jsonl");
  for (std::size_t at = 0; at < journal.size();) {
    const std::size_t end = std::min(journal.find('\n', at), journal.size());
    run.events.push_back(parse_json(std::string_view(journal).substr(at, end - at), (path / "journal.jsonl").string()));
    at = end + 1;
  }
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
  std::vector<std::string> result = labels;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (std::count(labels.begin(), labels.end(), labels[i]) > 1)
      result[i] += " (" + runs[i].path.filename().string() + ")";
  return result;
}

}  // namespace hysteron
