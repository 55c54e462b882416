// Switching between the scheduler and the fibers.
#pragma once

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "launch_state.hpp"

namespace hysteron::cuda_emulator {

inline void resume(Fiber& fiber) {
  fiber_now = &fiber, threadIdx = fiber.index, blockIdx = fiber.block->index;
  ++statistics.switches;
  switch_strand(scheduler, fiber);
  fiber_now = nullptr;
}

inline void leave(Fiber& fiber) { switch_strand(fiber, scheduler); }

// Ends the launch with an error. The threads are abandoned where they are: no destructor runs, so nothing here
// allocates.
[[noreturn, gnu::format(printf, 1, 2)]] inline void fail(const char* format, ...) {
  std::array<char, 512>& error = launch_now->error;
  const uint3 &block = blockIdx, &thread = threadIdx;
  int length = std::snprintf(error.data(), error.size(), "block (%u,%u,%u) thread (%u,%u,%u) ", block.x, block.y,
                             block.z, thread.x, thread.y, thread.z);
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(error.data() + length, error.size() - std::size_t(length), format, arguments);
  va_end(arguments);
  launch_now->failed = true;
  for (;;) leave(*fiber_now);
}

// For the reports of sanitizers.
inline const char* name_current_thread() {
  static thread_local std::array<char, 96> name;
  if (fiber_now == nullptr) return "";
  std::snprintf(name.data(), name.size(), "CUDA block (%u,%u,%u) thread (%u,%u,%u)", blockIdx.x, blockIdx.y, blockIdx.z,
                threadIdx.x, threadIdx.y, threadIdx.z);
  return name.data();
}

inline void suspend(const char* what, Site site) {
  fiber_now->waits_for = what, fiber_now->site = site;
  leave(*fiber_now);
}

inline bool less_urgent(const Fiber* a, const Fiber* b) { return a->priority < b->priority; }

inline void enqueue(Fiber& fiber) {
  launch_now->ready.push_back(&fiber);
  if (options.schedule == Schedule::random)
    std::push_heap(launch_now->ready.begin(), launch_now->ready.end(), less_urgent);
}
inline void make_ready(Fiber& fiber) {
  launch_now->idle_polls = 0;
  if (launch_now->together == 0) fiber.priority = launch_now->random() | std::uint64_t(1) << 32;
  enqueue(fiber);
}

inline Fiber& pick(Launch& launch) {
  if (options.schedule == Schedule::random) {
    std::pop_heap(launch.ready.begin(), launch.ready.end(), less_urgent);
    Fiber& picked = *launch.ready.back();
    launch.ready.pop_back();
    return picked;
  }
  Fiber& picked = *launch.ready[launch.next++];
  if (launch.next == launch.ready.size() || launch.next > 4096)
    launch.ready.erase(launch.ready.begin(), launch.ready.begin() + std::ptrdiff_t(std::exchange(launch.next, 0)));
  return picked;
}

// Lets every other thread run first: for loops that wait for memory that another thread writes.
inline void backoff(CUDA_EMULATOR_SITE_PARAMETER) {
  Unobserved unobserved;
  ++launch_now->idle_polls, fiber_now->priority = --launch_now->lowest_priority;
  enqueue(*fiber_now);
  suspend("its turn after backoff", CUDA_EMULATOR_SITE);
}

}  // namespace hysteron::cuda_emulator
