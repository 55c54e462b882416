#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "backend/decomposition_kernels.hpp"
#include "backend/kernels.hpp"

namespace hysteron {

/// One set of kernels, compiled for one set of instructions.
struct InstructionLevel {
  std::string name;     ///< "baseline", "v3" (AVX2 and FMA), "v4" (AVX-512): the x86-64 levels of the psABI
  bool (*runs_here)();  ///< whether this machine has the instructions
  const cpu_kernels::DenseTable* dense;
  const cpu_kernels::DecompositionTable* decompositions;
  std::vector<const cpu_kernels::CellTable*> cells;

  /// Throws a defect for a cell that has no kernels.
  const cpu_kernels::CellTable& cell(std::string_view name) const;
};

/// The levels in this build, the lowest first; the build writes the list.
std::vector<InstructionLevel> compiled_levels();

/// Those that this machine can run, the lowest first.
std::vector<InstructionLevel> runnable_levels();

/// The highest level that this machine can run, or the one named by the environment variable HYSTERON_CPU_LEVEL. Throws
/// a usage error for an unknown name, and a device error for one that this build or this machine lacks.
InstructionLevel chosen_level();

}  // namespace hysteron
