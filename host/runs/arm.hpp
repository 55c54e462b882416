#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <hysteron/cell_info.hpp>
#include <hysteron/settings.hpp>

namespace hysteron {

/// One training run of several that are compared.
struct Arm {
  std::string group;                 ///< the title of the charts that it is drawn in: "T = 100, gru"
  std::string name;                  ///< its folder, and its name in the table
  std::vector<Assignment> settings;  ///< which yield to what the user sets
};

/// The settings that an arm gives; none is declared yet.
Settings settings_of(const Arm& arm);

/// Whether an arm has the key of an assignment, "init.steps=5"; classic networks have none of the warm-up's.
bool knows(const Arm& arm, const std::string& assignment);

/// A network's start as the reproductions name it: "double", "autoencoder_warm_up", or an initializer.
struct StartOfArm {
  std::string name;
  std::vector<Assignment> settings;
  std::string (*reason_against)(const CellInfo& cell) =
      nullptr;  ///< empty: the start suits the cell; null: it suits all
};
StartOfArm start_named(std::string_view name);

/// Every cell with every start that suits it, on top of the given settings.
std::vector<Arm> every_arm(const std::string& group, const std::string& folder, const std::vector<Assignment>& settings,
                           const std::vector<std::string>& cells, const std::vector<std::string>& starts);

/// The first assignments followed by the second.
std::vector<Assignment> joined(std::vector<Assignment> first, const std::vector<Assignment>& second);

}  // namespace hysteron
