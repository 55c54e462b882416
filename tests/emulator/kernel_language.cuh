#pragma once
// What cuda/language/kernel_language.cuh gives kernels, executed on the CPU.
#include "cuda_emulator.hpp"

namespace hysteron::cuda {

using cuda_emulator::dynamic_shared;
using cuda_emulator::launch;
using cuda_emulator::LaunchShape;
using cuda_emulator::SharedCarver;

inline constexpr bool has_clusters = true;

template <int bytes>
void copy_async(void* shared, const void* global) {
  static_assert(bytes == 4 || bytes == 8 || bytes == 16);
  cuda_emulator::copy_async(shared, global, bytes);
}
inline void copy_async_4(void* shared, const void* global) { copy_async<4>(shared, global); }
inline void copy_async_commit() { cuda_emulator::copy_async_commit(); }
template <int pending_groups>
void copy_async_wait() {
  cuda_emulator::copy_async_wait(pending_groups);
}

inline void cluster_arrive(CUDA_EMULATOR_SITE_PARAMETER) {
  cooperative_groups::this_cluster().barrier_arrive(file, line);
}
inline void cluster_wait(CUDA_EMULATOR_SITE_PARAMETER) { cooperative_groups::this_cluster().barrier_wait(file, line); }
inline unsigned cluster_rank() { return cooperative_groups::this_cluster().block_rank(); }

using ClusterAddress = std::uintptr_t;
inline ClusterAddress cluster_address(const void* own, unsigned rank) {
  return reinterpret_cast<std::uintptr_t>(cuda_emulator::map_shared_rank(own, rank));
}

using Mbarrier = std::uint64_t;
inline void mbarrier_init(Mbarrier* barrier, unsigned count, CUDA_EMULATOR_SITE_PARAMETER) {
  cuda_emulator::mbarrier_init(barrier, count, CUDA_EMULATOR_SITE);
}
inline void fence_mbarrier_init() { cuda_emulator::fence_mbarrier_init(); }
inline void mbarrier_arrive(Mbarrier* barrier, CUDA_EMULATOR_SITE_PARAMETER) {
  cuda_emulator::mbarrier_arrive(barrier, CUDA_EMULATOR_SITE);
}
inline void mbarrier_expect(Mbarrier* barrier, unsigned bytes, CUDA_EMULATOR_SITE_PARAMETER) {
  cuda_emulator::mbarrier_expect(barrier, bytes, CUDA_EMULATOR_SITE);
}
inline void mbarrier_arrive_expect(Mbarrier* barrier, unsigned bytes, CUDA_EMULATOR_SITE_PARAMETER) {
  cuda_emulator::mbarrier_expect(barrier, bytes, CUDA_EMULATOR_SITE);
  cuda_emulator::mbarrier_arrive(barrier, CUDA_EMULATOR_SITE);
}
inline bool mbarrier_try_wait(const Mbarrier* barrier, unsigned parity, CUDA_EMULATOR_SITE_PARAMETER) {
  const bool done = cuda_emulator::mbarrier_test_wait(barrier, parity, CUDA_EMULATOR_SITE);
  if (!done) cuda_emulator::backoff(file, line);
  return done;
}
inline void mbarrier_wait(const Mbarrier* barrier, unsigned parity, CUDA_EMULATOR_SITE_PARAMETER) {
  cuda_emulator::mbarrier_wait(barrier, parity, CUDA_EMULATOR_SITE);
}
inline void acquire_shared() { cuda_emulator::acquire_awaited(); }
template <class Value>
void store_async(ClusterAddress to, const Value& value, ClusterAddress barrier, CUDA_EMULATOR_SITE_PARAMETER) {
  cuda_emulator::store_async(to, value, barrier, CUDA_EMULATOR_SITE);
}

}  // namespace hysteron::cuda
