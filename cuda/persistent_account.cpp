#include "persistent_account.hpp"

#include <mutex>

#include "persistent_kernels.hpp"

namespace hysteron::cuda {
namespace {

struct Account {
  std::mutex mutex;
  std::set<PersistentKernel> reached;
};

Account& account() {
  static Account one;
  return one;
}

}  // namespace

std::set<PersistentKernel> built_persistent_kernels() {
  std::set<PersistentKernel> built;
  for (const CellInfo& cell : every_cell()) {
    if (!persistent_kernels(cell.name)) continue;
    for (const int unit_class : unit_classes)
      for (const int sequences : slice_sizes)
        if (persistent_layout(matrices_of(cell), unit_class, sequences).is_compiled())
          for (const Direction direction : {Direction::forward, Direction::backward})
            built.insert({cell.name, unit_class, sequences, direction});
  }
  return built;
}

std::set<PersistentKernel> reached_persistent_kernels() {
  const std::lock_guard lock(account().mutex);
  return account().reached;
}

void note_launch(const PersistentKernel& kernel) {
  const std::lock_guard lock(account().mutex);
  account().reached.insert(kernel);
}

}  // namespace hysteron::cuda
