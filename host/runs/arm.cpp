#include "runs/arm.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "preparation/suitable_cells.hpp"
#include "runs/configuration.hpp"

namespace hysteron {

Settings settings_of(const Arm& arm) {
  Settings settings;
  settings.read_values(arm.settings, "the arm " + arm.name);
  return settings;
}

bool knows(const Arm& arm, const std::string& assignment) {
  Settings settings = settings_of(arm);
  configure(settings, Sections::task_and_training);
  return settings.declared(assignment.substr(0, assignment.find('=')));
}

StartOfArm start_named(std::string_view name) {
  static const StartOfArm starts[] = {
      {"classic", {{"init.name", "classic"}}},
      {"orthogonal", {{"init.name", "orthogonal"}}},
      {"chrono", {{"init.name", "chrono"}}, reason_against_chrono},
      {"warm_up", {{"init.name", "warm_up"}}},
      {"double", {{"model.structure", "double"}, {"init.name", "warm_up"}}},
      {"autoencoder", {{"init.name", "autoencoder"}}, reason_against_autoencoder},
      {"autoencoder_warm_up", {{"init.name", "warm_up"}, {"init.from", "autoencoder"}}, reason_against_autoencoder}};
  const auto start =
      std::find_if(std::begin(starts), std::end(starts), [&](const auto& one) { return one.name == name; });
  if (start == std::end(starts)) throw defect({.what = "no start of a reproduction", .found = std::string(name)});
  return *start;
}

std::vector<Arm> every_arm(const std::string& group, const std::string& folder, const std::vector<Assignment>& settings,
                           const std::vector<std::string>& cells, const std::vector<std::string>& starts) {
  std::vector<Arm> arms;
  for (const std::string& cell : cells)
    for (const std::string& name : starts) {
      const StartOfArm start = start_named(name);
      if (start.reason_against && !start.reason_against(cell_named(cell)).empty()) continue;
      arms.push_back({.group = fmt::format("{}{}{}", group, group.empty() ? "" : ", ", cell),
                      .name = fmt::format("{}{}{}-{}", folder, folder.empty() ? "" : "-", cell, name),
                      .settings = joined(joined(settings, {{"model.cell", cell}}), start.settings)});
    }
  return arms;
}

std::vector<Assignment> joined(std::vector<Assignment> first, const std::vector<Assignment>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace hysteron
