// Shared memory of blocks and clusters, and asynchronous copies into it.
#pragma once

#include "warp_functions.hpp"

namespace hysteron::cuda_emulator {

inline void* variable_memory(VariableSlot& slot, std::size_t bytes, bool is_static) {
  Unobserved unobserved;
  Launch& launch = *launch_now;
  Block& block = *fiber_now->block;
  if (slot.launch_id != launch.id) {
    slot = {launch.id, launch.variables.size()};
    launch.variables.emplace_back(launch.variables_end, bytes);
    launch.variables_end += round_up(bytes) + red_zone, launch.static_bytes += is_static ? bytes : 0;
    if (launch.static_bytes > options.max_static_shared_bytes || launch.variables_end > launch.shared_capacity ||
        launch.static_bytes + launch.shape.shared_bytes > options.max_shared_bytes)
      fail("declares more static shared memory than the device has");
  }
  if (launch.variables[slot.index].second != bytes) fail("takes another size of shared memory than other threads");
  const auto [offset, size] = launch.variables[slot.index];
  if (block.touched.size() <= slot.index) block.touched.resize(slot.index + 1);
  if (!block.touched[slot.index]) {
    block.touched[slot.index] = true;
    allow_access_undefined(block.shared.get() + offset, size, options.fill);
  }
  return block.shared.get() + offset;
}

// Takes arrays one after the other from the dynamic shared memory; here each has its own red zones.
class SharedCarver {
  unsigned bytes_ = 0, taken_ = 0;

 public:
  template <typename T>
  T* take(int count) {
    Unobserved unobserved;
    std::vector<VariableSlot>& slots = launch_now->carved;
    if (slots.size() == taken_) slots.emplace_back();
    const unsigned bytes = unsigned(count) * unsigned(sizeof(T));
    bytes_ += (bytes + 15) / 16 * 16;
    if (bytes_ > launch_now->shape.shared_bytes)
      fail("takes %u bytes of dynamic shared memory: more than the launch gave", bytes_);
    return static_cast<T*>(variable_memory(slots[taken_++], bytes, false));
  }
};

template <typename T, typename Tag>
T& shared_variable(Tag) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= red_zone);
  static thread_local constinit VariableSlot slot{};
  return *static_cast<T*>(variable_memory(slot, sizeof(T), true));
}

template <typename T>
T* dynamic_shared() {
  return reinterpret_cast<T*>(fiber_now->block->shared.get() + red_zone);
}

template <typename T>
T* map_shared_rank(T* pointer, unsigned rank) {
  Unobserved unobserved;
  const Block& own = *fiber_now->block;
  const std::ptrdiff_t offset = reinterpret_cast<const std::byte*>(pointer) - own.shared.get();
  if (offset < 0 || offset >= std::ptrdiff_t(launch_now->shared_capacity))
    fail("maps a pointer that is not to its shared memory");
  if (rank >= own.cluster->blocks.size()) fail("maps to block %u of a smaller cluster", rank);
  return reinterpret_cast<T*>(own.cluster->blocks[rank]->shared.get() + offset);
}

// cp.async: the copy happens when it is waited for, so that reading earlier finds the old content.
inline void copy_async(void* to, const void* from, std::size_t bytes) {
  Unobserved unobserved;
  if (reinterpret_cast<std::uintptr_t>(to) % bytes != 0 || reinterpret_cast<std::uintptr_t>(from) % bytes != 0)
    fail("copies %zu bytes asynchronously between unaligned addresses", bytes);
  fiber_now->copies.push_back({to, from, bytes, fiber_now->commits});
}
inline void copy_async_commit() { ++fiber_now->commits; }
inline void copy_async_wait(unsigned pending_groups) {
  std::vector<PendingCopy>& copies = fiber_now->copies;
  std::size_t done = 0;
  for (; done < copies.size() && copies[done].group + pending_groups < fiber_now->commits; ++done)
    std::memcpy(copies[done].to, copies[done].from, copies[done].bytes);
  Unobserved unobserved;
  copies.erase(copies.begin(), copies.begin() + std::ptrdiff_t(done));
}

}  // namespace hysteron::cuda_emulator
