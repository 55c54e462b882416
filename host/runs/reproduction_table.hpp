#pragma once
#include <optional>
#include <string>
#include <vector>

#include "report/page.hpp"

namespace hysteron {

/// Over the replicas that have a number.
struct Spread {
  double mean = 0, deviation = 0, median = 0;
  int count = 0;
};

/// What a reproduction's table says about one arm.
struct ArmRow {
  std::string group, arm, run;  ///< run: its folder
  int replicas = 0;
  std::vector<std::optional<Spread>> spreads;  ///< one per column: see reproduction_table.cpp
  std::optional<int> solved;                   ///< replicas; none: the task has no level
  double seconds = 0;
};
ArmRow row_of(const std::string& group, const std::string& arm, const RunRecord& run);
Json row_json(const ArmRow& row);

/// The rows as a table; columns that no row has a number for are left out.
TextTable table_of(const std::string& title, const std::vector<ArmRow>& rows);

Json table_json(const TextTable& table);

/// The table as text for a terminal.
std::string text_of(const TextTable& table);

}  // namespace hysteron
