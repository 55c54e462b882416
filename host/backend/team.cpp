#include "backend/team.hpp"

#include <chrono>
#include <system_error>

#include "backend/denormals.hpp"

namespace hysteron {
namespace {

// About as long as it takes to wake a thread: for shorter waits it pays not to fall asleep.
constexpr std::chrono::microseconds patience{30};

/// Returns once the value is no longer `old`.
void wait_for_change(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  const auto end = std::chrono::steady_clock::now() + patience;
  do {
    for (int look = 0; look < 64; ++look)
      if (value.load(std::memory_order_acquire) != old) return;
  } while (std::chrono::steady_clock::now() < end);
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

Team::Team(int threads) {
  try {
    for (int thread = 1; thread < threads; ++thread) threads_.emplace_back([this, thread] { work(thread); });
  } catch (const std::system_error&) {}
}

Team::~Team() {
  ended_ = true;
  call_.fetch_add(1, std::memory_order_release);
  call_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Team::enter() {
  std::uint32_t seen = inside_.load(std::memory_order_relaxed);
  while ((seen & open) != 0)
    if (inside_.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire)) return true;
  return false;
}

void Team::leave() {
  if (inside_.fetch_sub(1, std::memory_order_release) == 1) inside_.notify_one();
}

void Team::take_tasks(int thread) {
  const FlushedDenormals flushed;
  for (std::ptrdiff_t number; (number = next_.fetch_add(1, std::memory_order_relaxed)) < tasks_;)
    task_(context_, number, thread);
}

void Team::work(int thread) {
  for (std::uint32_t call = 0; !ended_;) {
    wait_for_change(call_, call);
    call = call_.load(std::memory_order_acquire);
    if (!enter()) continue;
    take_tasks(thread);
    leave();
  }
}

void Team::run(std::ptrdiff_t tasks, Task task, const void* context) {
  task_ = task;
  context_ = context;
  tasks_ = tasks;
  next_.store(0, std::memory_order_relaxed);
  if (threads_.empty() || tasks < 2) return take_tasks(0);
  inside_.store(open, std::memory_order_release);
  call_.fetch_add(1, std::memory_order_release);
  call_.notify_all();
  take_tasks(0);
  // Now closed: a thread that wakes finds nothing to do, and one that is inside finishes its task.
  for (std::uint32_t inside = inside_.fetch_and(~open, std::memory_order_acquire) & ~open; inside != 0;
       inside = inside_.load(std::memory_order_acquire))
    wait_for_change(inside_, inside);
}

}  // namespace hysteron
