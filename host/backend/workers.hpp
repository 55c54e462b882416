#pragma once
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "backend/arena.hpp"
#include "backend/denormals.hpp"
#include "backend/instruction_level.hpp"
#include "backend/team.hpp"

namespace hysteron {

/// Memory that a call shares between all of its threads.
enum class Shared { panels, rows, partial, order, count };

/// The threads of a CPU backend, and their working memory. Which thread takes which task is left to chance; no result
/// may depend on it.
class Workers {
 public:
  Workers(int threads, InstructionLevel level)
      : team_(threads), level_(std::move(level)), own_(static_cast<std::size_t>(team_.size())) {}

  /// Fewer than were asked for, where the system did not start as many.
  int threads() const { return team_.size(); }
  const InstructionLevel& level() const { return level_; }

  template <class T>
  T* shared(Shared what, std::ptrdiff_t count) {
    return shared_[static_cast<std::size_t>(what)].reserve<T>(count);
  }

  /// Working space for every thread: call this before run, and own() within it.
  template <class T>
  void reserve_own(std::ptrdiff_t count) {
    for (Arena& arena : own_) arena.reserve<T>(count);
  }
  template <class T>
  T* own(int thread) {
    return own_[static_cast<std::size_t>(thread)].reserve<T>(0);
  }

  /// Calls task(index, thread) for every index, with denormal numbers flushed to zero. `work`: roughly how many
  /// operations on numbers all tasks take; little work is done before other threads have woken.
  template <class Task>
  void run(std::ptrdiff_t tasks, std::ptrdiff_t work, const Task& task) {
    constexpr std::ptrdiff_t worth_threads = 200'000;
    if (tasks < 2 || threads() == 1 || work < worth_threads) {
      const FlushedDenormals flushed;
      for (std::ptrdiff_t i = 0; i < tasks; ++i) task(i, 0);
      return;
    }
    team_.run(
        tasks,
        [](const void* context, std::ptrdiff_t index, int thread) {
          (*static_cast<const Task*>(context))(index, thread);
        },
        &task);
  }

 private:
  Team team_;
  InstructionLevel level_;
  std::vector<Arena> own_;
  std::array<Arena, static_cast<std::size_t>(Shared::count)> shared_;
};

}  // namespace hysteron
