#include "runs/reproduction.hpp"

#include <fmt/format.h>

#include <hysteron/error.hpp>

namespace hysteron {

StartOfArm start_named(std::string_view name) {
  static const StartOfArm starts[] = {
      {"classic", "init.name = \"classic\"\n"},
      {"orthogonal", "init.name = \"orthogonal\"\n"},
      {"chrono", "init.name = \"chrono\"\n"},
      {"warm_up", "init.name = \"warm_up\"\n"},
      {"double", "model.structure = \"double\"\ninit.name = \"warm_up\"\n"},
      {"autoencoder", "init.name = \"autoencoder\"\n"},
      {"autoencoder_warm_up", "init.name = \"warm_up\"\ninit.from = \"autoencoder\"\n"}};
  for (const StartOfArm& start : starts)
    if (start.name == name) return start;
  throw defect({.what = "no start of a reproduction", .found = std::string(name)});
}

std::vector<Arm> every_arm(const std::string& group, const std::string& folder, const std::string& settings,
                           const std::vector<std::string>& cells, const std::vector<std::string>& starts) {
  std::vector<Arm> arms;
  for (const std::string& cell : cells)
    for (const std::string& start : starts) {
      if (start == "chrono" && cell != "lstm") continue;
      if (start.starts_with("autoencoder") && cell.ends_with("brc")) continue;  // as the initializer says
      arms.push_back({.group = fmt::format("{}{}{}", group, group.empty() ? "" : ", ", cell),
                      .name = fmt::format("{}{}{}-{}", folder, folder.empty() ? "" : "-", cell, start),
                      .settings = settings + fmt::format("model.cell = \"{}\"\n", cell) + start_named(start).settings});
    }
  return arms;
}

}  // namespace hysteron
