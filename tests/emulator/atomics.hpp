// Atomics: points where the schedule may switch between threads that do not wait.
#pragma once

#include <atomic>

#include "switching.hpp"

namespace hysteron::cuda_emulator {

template <typename T, typename Update>
T atomic_update(T* address, const Update& update) {
  if (options.schedule == Schedule::random) {
    Unobserved unobserved;
    if ((launch_now->random() & 3) == 0) {  // another thread may run in between
      fiber_now->priority = launch_now->random() | std::uint64_t(1) << 32;
      make_ready(*fiber_now);
      suspend("its turn at an atomic", {});
    }
  }
  std::atomic_ref<T> reference(*address);
  T old = reference.load(std::memory_order_relaxed);
  while (!reference.compare_exchange_weak(old, update(old), std::memory_order_relaxed)) {}
  return old;
}

template <typename T>
concept AtomicInteger = std::is_same_v<T, int> || std::is_same_v<T, unsigned> || std::is_same_v<T, unsigned long long>;
template <typename T>
concept AtomicNumber = AtomicInteger<T> || std::is_same_v<T, float> || std::is_same_v<T, double>;

}  // namespace hysteron::cuda_emulator
