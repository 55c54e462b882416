#include "report/run_title.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "settings/settings_toml.hpp"

namespace hysteron {
namespace {

std::map<std::string, std::string> configured(const RunRecord& run) {
  std::map<std::string, std::string> values;
  visit_toml(
      run.configuration, (run.path / "config.toml").string(),
      [&](const TomlLeaf& leaf) { values[leaf.key] = leaf.text; }, [](const TomlSection&) {});
  return values;
}

std::string counted(const std::string& number, const char* noun) {
  return number + " " + noun + (number == "1" ? "" : "s");
}

std::string steps_of_task(const RunRecord& run) {
  const auto values = configured(run);
  const auto steps = values.find("task.steps");
  return steps == values.end() ? "" : "of " + counted(steps->second, "step");
}

std::string layers_of_model(const RunRecord& run) {
  const auto values = configured(run);
  const auto layers = values.find("model.layers"), units = values.find("model.units");
  return layers == values.end() || units == values.end()
             ? ""
             : counted(layers->second, "layer") + " of " + counted(units->second, "unit");
}

std::string date_of(const RunRecord& run) {
  for (const auto& [key, text] : run.environment)
    if (key == "date") return text.substr(0, text.find('T'));
  return "";
}

struct Part {
  const char* before;
  std::function<std::string(const RunRecord&)> text;
};

}  // namespace

std::string title_of(const std::vector<RunRecord>& runs) {
  const Part parts[] = {
      {"", [](const RunRecord& run) { return run.result.task; }},
      {" ", steps_of_task},
      {", ", [](const RunRecord& run) { return run.result.cell; }},
      {", ", layers_of_model},
      {", ", [](const RunRecord& run) { return counted(std::to_string(run.result.replicas), "replica"); }},
      {", ", date_of}};
  std::string title;
  for (const Part& part : parts) {
    const std::string first = part.text(runs[0]);
    const bool common = std::ranges::all_of(runs, [&](const RunRecord& run) { return part.text(run) == first; });
    if (common && !first.empty()) title += (title.empty() ? "" : part.before) + first;
  }
  return title.empty() ? "Runs" : title;
}

std::string lead_of(const std::vector<RunRecord>& runs) {
  std::string lead;
  for (const RunRecord& run : runs) {
    if (run.state == RunState::finished) continue;
    const std::string folder = run.path.string();
    const std::string state = run.state == RunState::running   ? "is running now"
                              : run.state == RunState::stopped ? "was stopped"
                                                               : "was interrupted";
    lead += fmt::format("{}{} {}, after {} and {:.0f} s; ", lead.empty() ? "" : " ", folder, state,
                        counted(std::to_string(run.result.steps), "gradient step"), run.result.seconds);
    lead += run.state == RunState::running ? "the same command shows more later."
                                           : "hysteron train --resume " + folder + " goes on with it.";
  }
  return lead;
}

}  // namespace hysteron
