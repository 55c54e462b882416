// mbarrier objects, asynchronous stores between the blocks of a cluster (st.async), and when these take place.
//
//
// A phase of an mbarrier completes when its pending arrivals and its transaction count are both zero; bytes that arrive
// before they are expected make the count negative, which is legal while an arrival is pending. A wait for a parity
// returns when the current phase has the other parity, so a wait for the wrong parity returns at once, as on the
// device.
#pragma once

#include "shared_memory.hpp"

namespace hysteron::cuda_emulator {

inline constexpr std::uint64_t mbarrier_mark = 0x6d62617272696572;  // what an initialized object contains here
inline constexpr std::int64_t most_transaction_bytes = (1 << 20) - 1;

inline const char* describe(const MbarrierState& barrier) {  // allocates nothing: see fail()
  static thread_local std::array<char, 192> text;
  std::snprintf(
      text.data(), text.size(),
      "mbarrier %u of block %u of its cluster, at byte %zu: phase %llu, %u arrival(s) and %lld byte(s) missing",
      barrier.number, barrier.block->rank, barrier.offset, static_cast<unsigned long long>(barrier.phase),
      barrier.pending, static_cast<long long>(barrier.bytes));
  return text.data();
}

inline std::size_t own_offset(const void* pointer, const Block& block) {
  const std::ptrdiff_t offset = static_cast<const std::byte*>(pointer) - block.shared.get();
  if (offset < 0 || offset >= std::ptrdiff_t(launch_now->shared_capacity))
    fail("uses an mbarrier that is not in its shared memory");
  return std::size_t(offset);
}

inline void mbarrier_init(std::uint64_t* word, unsigned count, Site site) {
  *word = mbarrier_mark;  // a write for ThreadSanitizer: the threads that use it must be ordered after it
  Unobserved unobserved;
  Block& block = *fiber_now->block;
  const std::size_t offset = own_offset(word, block);
  if (offset % 8 != 0 || count == 0 || count >= 1U << 20) fail("wrong mbarrier at %s:%d", site.file, site.line);
  if (const auto old = block.mbarriers.find(offset); old != block.mbarriers.end() && !old->second.waiters.empty())
    fail("initializes an mbarrier that threads wait at, at %s:%d", site.file, site.line);
  const unsigned number = unsigned(block.mbarriers.size());
  MbarrierState& state = block.mbarriers[offset];
  state.block = &block, state.offset = offset, state.count = state.pending = count, state.number = number;
  state.phase = 0, state.bytes = 0, state.initialized_by = fiber_now;
}

inline MbarrierState& own_mbarrier(const std::uint64_t* word, Site site) {
  const bool marked = *word == mbarrier_mark;
  Unobserved unobserved;
  Block& block = *fiber_now->block;
  const auto found = block.mbarriers.find(own_offset(word, block));
  if (!marked || found == block.mbarriers.end())
    fail("uses an mbarrier that was not initialized or was overwritten, at %s:%d", site.file, site.line);
  return found->second;
}

// fence.mbarrier_init: other blocks may use what this thread has initialized (after a cluster barrier).
inline void fence_mbarrier_init() {
  Unobserved unobserved;
  for (auto& [offset, state] : fiber_now->block->mbarriers)
    if (state.initialized_by == fiber_now) state.initialized_by = nullptr;
}

inline void complete_phase_if_done(MbarrierState& barrier) {
  if (barrier.pending != 0 || barrier.bytes != 0) return;
  ++barrier.phase, barrier.pending = barrier.count;
  for (Fiber* waiter : barrier.waiters) make_ready(*waiter);
  barrier.waiters.clear();
}

inline void mbarrier_expect(const std::uint64_t* word, unsigned bytes, Site site) {
  MbarrierState& barrier = own_mbarrier(word, site);
  Unobserved unobserved;
  barrier.bytes += bytes;
  if (barrier.bytes > most_transaction_bytes) fail("expects too many bytes at %s:%d", site.file, site.line);
}

inline void mbarrier_arrive(const std::uint64_t* word, Site site) {
  MbarrierState& barrier = own_mbarrier(word, site);
  Unobserved unobserved;
  if (barrier.pending == 0) fail("arrives once too often, at %s:%d, at %s", site.file, site.line, describe(barrier));
  release_token(&barrier.order[barrier.phase & 1]);
  --barrier.pending;
  complete_phase_if_done(barrier);
}

inline bool mbarrier_test_wait(const std::uint64_t* word, unsigned parity, Site site) {
  MbarrierState& barrier = own_mbarrier(word, site);
  Unobserved unobserved;
  if (parity > 1) fail("waits for parity %u at %s:%d", parity, site.file, site.line);
  if ((barrier.phase & 1) == parity) return false;
  fiber_now->awaited.push_back(&barrier.order[parity]);
  return true;
}

// What the phases counted that this thread has waited for happened before all that it does from here on.
inline void acquire_awaited() {
  Unobserved unobserved;
  for (char* const token : fiber_now->awaited) acquire_token(token);
  fiber_now->awaited.clear();
}

inline void mbarrier_wait(const std::uint64_t* word, unsigned parity, Site site) {
  while (!mbarrier_test_wait(word, parity, site)) {
    MbarrierState& barrier = own_mbarrier(word, site);
    Unobserved unobserved;
    barrier.waiters.push_back(fiber_now), fiber_now->waits_at = &barrier;
    suspend("mbarrier", site);
    fiber_now->waits_at = nullptr;
  }
}

// ---- asynchronous stores ----

inline void choose_delivery(Launch& launch) {
  launch.delivery = options.delivery;
  if (launch.delivery == Delivery::by_schedule)
    launch.delivery = options.schedule == Schedule::ascending    ? Delivery::late
                      : options.schedule == Schedule::descending ? Delivery::at_once
                                                                 : Delivery(1 + launch.random() % 4);
  launch.slow_pairs = launch.random();
}

// The store takes place, and then its bytes complete.
inline void deliver(AsyncStore& store, const Strand& now) {
  MbarrierState& barrier = *store.barrier;
  std::memcpy(store.to, store.content.data(), store.bytes);
  record_independent_write(now, store.to, store.bytes, store.order.get(), &barrier.order[barrier.phase & 1]);
  barrier.bytes -= std::int64_t(store.bytes);
  complete_phase_if_done(barrier);
}

// Delivers the stores that are due; when no thread can run, one more, so that late stores come as late as they can.
// Returns whether threads can run.
inline bool deliver_due(Launch& launch) {
  std::vector<AsyncStore>& stores = launch.in_flight;
  const auto take = [&](std::size_t at) {
    AsyncStore store = std::move(stores[at]);
    stores[at] = std::move(stores.back());
    stores.pop_back();
    if (store.barrier->bytes - std::int64_t(store.bytes) < -most_transaction_bytes)
      throw Error(std::string("too many unexpected bytes at ") + describe(*store.barrier));
    deliver(store, scheduler);
  };
  for (std::size_t at = 0; at < stores.size();)
    if (stores[at].due <= launch.clock) {
      take(at);
    } else {
      ++at;
    }
  while (!stores.empty() && (launch.ready.empty() || launch.idle_polls > 4 * launch.ready.size()))
    launch.idle_polls = 0, take(launch.random() % stores.size());
  return !launch.ready.empty();
}

inline Block& block_of(std::uintptr_t address, Site site) {
  for (Block* block : fiber_now->block->cluster->blocks)
    if (address - reinterpret_cast<std::uintptr_t>(block->shared.get()) < launch_now->shared_capacity) return *block;
  fail("stores asynchronously to an address outside its cluster, at %s:%d", site.file, site.line);
}

template <typename T>
void store_async(std::uintptr_t to, const T& value, std::uintptr_t barrier_address, Site site) {
  static_assert(std::is_trivially_copyable_v<T> && (sizeof(T) == 4 || sizeof(T) == 8 || sizeof(T) == 16));
  Unobserved unobserved;
  Block& target = block_of(to, site);
  const uint3& name = target.index;
  if (to % sizeof(T) != 0) fail("stores asynchronously to an unaligned address, at %s:%d", site.file, site.line);
  if (&block_of(barrier_address, site) != &target)
    fail("stores to block (%u,%u,%u) with an mbarrier of another block, at %s:%d", name.x, name.y, name.z, site.file,
         site.line);
  if (!target.started) fail("stores to block (%u,%u,%u) before it runs", name.x, name.y, name.z);
  if (target.running == 0)
    fail("stores to block (%u,%u,%u), which has returned, at %s:%d", name.x, name.y, name.z, site.file, site.line);
  const auto found = target.mbarriers.find(barrier_address - reinterpret_cast<std::uintptr_t>(target.shared.get()));
  if (found == target.mbarriers.end())
    fail("stores with an mbarrier that was not initialized, at %s:%d", site.file, site.line);
  if (found->second.initialized_by != nullptr)
    fail("stores with an mbarrier after whose initialization no fence was, at %s:%d", site.file, site.line);
#if defined(CUDA_EMULATOR_ASAN)
  if (__asan_region_is_poisoned(reinterpret_cast<void*>(to), sizeof(T)) != nullptr)
    fail("stores asynchronously outside the shared variables of block (%u,%u,%u), at %s:%d", name.x, name.y, name.z,
         site.file, site.line);
#endif
  Launch& launch = *launch_now;
  AsyncStore store{&target, &found->second, reinterpret_cast<std::byte*>(to), {}, sizeof(T), 0, blockIdx,
                   site,    nullptr};
  std::memcpy(store.content.data(), &value, sizeof(T));
  store.order = std::make_unique<char>();
  release_token(store.order.get());
  const bool slow = (launch.slow_pairs >> (fiber_now->block->rank * 8 + target.rank) % 64 & 1) != 0;
  const std::uint64_t never = ~std::uint64_t(0);
  switch (launch.delivery) {
    case Delivery::at_once:
      return deliver(store, *fiber_now);
    case Delivery::random_delay:
      store.due = launch.clock + launch.random() % 1024;
      break;
    case Delivery::slow_pairs:
      store.due = slow ? never : launch.clock + launch.random() % 64;
      break;
    default:
      store.due = never;
  }
  launch.in_flight.push_back(std::move(store));
}

// Called when the last thread of a block returns.
inline void check_nothing_expected(const Block& block) {
  std::size_t inbound = 0;
  const AsyncStore* example = nullptr;
  for (const AsyncStore& store : launch_now->in_flight)
    if (store.target == &block) ++inbound, example = &store;
  if (inbound != 0)
    fail(
        "returns as the last of its block while %zu asynchronous store(s) are on their way to it, one from block "
        "(%u,%u,%u) at %s:%d",
        inbound, example->source.x, example->source.y, example->source.z, example->site.file, example->site.line);
  for (const auto& [offset, barrier] : block.mbarriers)
    if (barrier.bytes != 0) fail("returns as the last of its block with %s", describe(barrier));
}

}  // namespace hysteron::cuda_emulator
