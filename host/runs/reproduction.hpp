#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "report/page.hpp"

namespace hysteron {

enum class ReproductionScale { quick, full };  ///< minutes on a laptop; the paper's own sizes, for a GPU

/// One training run of a reproduction.
struct Arm {
  std::string group;     ///< the title of the charts that it is drawn in: "T = 100, gru"
  std::string name;      ///< its folder, and its name in the table
  std::string settings;  ///< TOML, below what the user sets
};

/// A table or figure of the papers. A file in host/reproductions is one: `hysteron reproduce NAME`.
class Reproduction {
 public:
  static constexpr std::string_view noun = "reproduction";
  virtual ~Reproduction() = default;
  virtual std::string description() const = 0;  ///< one line
  virtual std::vector<Arm> arms(ReproductionScale scale) const = 0;
  /// What differs from the authors' code, a sentence each (ALGORITHMS: where the published codes differ).
  virtual std::vector<std::string> ledger() const = 0;
};

/// A network's start as the reproductions name it: its settings in TOML.
struct StartOfArm {
  std::string name, settings;
};
StartOfArm start_named(std::string_view name);

/// Every cell with every start that can serve it (chrono: lstm; autoencoder: all but brc), below the settings given.
std::vector<Arm> every_arm(const std::string& group, const std::string& folder, const std::string& settings,
                           const std::vector<std::string>& cells, const std::vector<std::string>& starts);

}  // namespace hysteron
