#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace hysteron {

/// Threads that take numbered tasks side by side; the caller is one of them. A waiting thread polls for a moment and
/// then sleeps, and none waits for a thread that the machine has not woken yet: that one finds the tasks done. So on a
/// busy machine, a second thread that does not help costs little.
class Team {
 public:
  /// A task, called with its number and the thread's, 0 (the caller) .. size() - 1. It must not throw.
  using Task = void (*)(const void* context, std::ptrdiff_t number, int thread);

  /// Starts threads - 1 threads. Where the system refuses to start one, the team stays as large as it has become.
  explicit Team(int threads);
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  ~Team();

  int size() const { return static_cast<int>(threads_.size()) + 1; }

  /// Calls task(context, number, thread) for every number from 0 on, and returns when all are done. One call at a time.
  void run(std::ptrdiff_t tasks, Task task, const void* context);

 private:
  void work(int thread);
  void take_tasks(int thread);
  bool enter();
  void leave();

  // Written while no thread is inside.
  Task task_ = nullptr;
  const void* context_ = nullptr;
  std::ptrdiff_t tasks_ = 0;

  static constexpr std::uint32_t open = 1u << 31;
  alignas(64) std::atomic<std::ptrdiff_t> next_{0};
  alignas(64) std::atomic<std::uint32_t> inside_{0};  // how many threads take tasks, and whether others may join them
  alignas(64) std::atomic<std::uint32_t> call_{0};    // advances with each run, and when the team ends
  std::atomic<bool> ended_{false};
  std::vector<std::thread> threads_;
};

}  // namespace hysteron
