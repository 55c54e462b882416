#pragma once
#include <compare>
#include <set>
#include <string_view>

#include "schedule.hpp"

namespace hysteron::cuda {

/// One of the kernels of solo and cluster: each cell has two for each compiled plan.
struct PersistentKernel {
  std::string_view cell;
  int unit_class = 0, sequences = 0;
  Direction direction = Direction::forward;
  auto operator<=>(const PersistentKernel&) const = default;
};

/// All that this build contains.
std::set<PersistentKernel> built_persistent_kernels();
/// Those that this process has launched up to now, on any device.
std::set<PersistentKernel> reached_persistent_kernels();
void note_launch(const PersistentKernel& kernel);

}  // namespace hysteron::cuda
