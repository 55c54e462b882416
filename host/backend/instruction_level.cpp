#include "backend/instruction_level.hpp"

#include <algorithm>
#include <cstdlib>

#include <hysteron/error.hpp>

namespace hysteron {

namespace {

std::vector<std::string> names(const std::vector<InstructionLevel>& levels) {
  std::vector<std::string> names;
  for (const InstructionLevel& level : levels) names.push_back(level.name);
  return names;
}

}  // namespace

const cpu_kernels::CellTable& InstructionLevel::cell(std::string_view wanted) const {
  for (const cpu_kernels::CellTable* table : cells)
    if (table->cell == wanted) return *table;
  throw defect({.what = "a cell without kernels", .found = std::string(wanted)});
}

std::vector<InstructionLevel> runnable_levels() {
  std::vector<InstructionLevel> levels = compiled_levels();
  std::erase_if(levels, [](const InstructionLevel& level) { return !level.runs_here(); });
  return levels;
}

InstructionLevel chosen_level() {
  const std::vector<InstructionLevel> levels = runnable_levels();
  const char* const wanted = std::getenv("HYSTERON_CPU_LEVEL");
  if (!wanted || !*wanted) return levels.back();
  const std::vector<std::string> known{"baseline", "v3", "v4"};
  if (std::ranges::find(known, wanted) == known.end()) throw unknown_name("HYSTERON_CPU_LEVEL", wanted, known);
  const auto found = std::ranges::find(levels, wanted, &InstructionLevel::name);
  if (found != levels.end()) return *found;
  std::string able;
  for (const std::string& name : names(levels)) able += (able.empty() ? "" : ", ") + name;
  throw device_error({.what = "this build on this machine cannot run the instructions that HYSTERON_CPU_LEVEL names",
                      .expected = able,
                      .found = wanted,
                      .hint = "unset HYSTERON_CPU_LEVEL"});
}

}  // namespace hysteron
