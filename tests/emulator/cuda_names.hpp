// CUDA's built-in functions and cooperative groups, in terms of the emulator.
#pragma once

#include <algorithm>
#include <cmath>

#include "atomics.hpp"
#include "shared_memory.hpp"

inline void __syncthreads(CUDA_EMULATOR_SITE_PARAMETER) {
  hysteron::cuda_emulator::synchronize(hysteron::cuda_emulator::fiber_now->block->barrier, CUDA_EMULATOR_SITE);
}
inline void __syncwarp(unsigned mask = ~0U, CUDA_EMULATOR_SITE_PARAMETER) {
  hysteron::cuda_emulator::synchronize_warp(mask, CUDA_EMULATOR_SITE);
}
template <typename T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, CUDA_EMULATOR_SITE_PARAMETER) {
  const unsigned lane = hysteron::cuda_emulator::fiber_now->lane, w = unsigned(width);
  return hysteron::cuda_emulator::shuffle(mask, value, (lane & ~(w - 1)) | (unsigned(source) & (w - 1)),
                                          CUDA_EMULATOR_SITE);
}
template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, CUDA_EMULATOR_SITE_PARAMETER) {
  const unsigned lane = hysteron::cuda_emulator::fiber_now->lane, place = lane & (unsigned(width) - 1);
  return hysteron::cuda_emulator::shuffle(mask, value, delta <= place ? lane - delta : lane, CUDA_EMULATOR_SITE);
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, CUDA_EMULATOR_SITE_PARAMETER) {
  const unsigned lane = hysteron::cuda_emulator::fiber_now->lane, place = lane & (unsigned(width) - 1);
  return hysteron::cuda_emulator::shuffle(mask, value, place + delta < unsigned(width) ? lane + delta : lane,
                                          CUDA_EMULATOR_SITE);
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32, CUDA_EMULATOR_SITE_PARAMETER) {
  const unsigned lane = hysteron::cuda_emulator::fiber_now->lane, source = lane ^ unsigned(lane_mask);
  return hysteron::cuda_emulator::shuffle(
      mask, value, source / unsigned(width) <= lane / unsigned(width) ? source : lane, CUDA_EMULATOR_SITE);
}
inline unsigned __ballot_sync(unsigned mask, int predicate, CUDA_EMULATOR_SITE_PARAMETER) {
  return hysteron::cuda_emulator::ballot(mask, predicate != 0, CUDA_EMULATOR_SITE);
}
inline int __any_sync(unsigned mask, int predicate, CUDA_EMULATOR_SITE_PARAMETER) {
  return hysteron::cuda_emulator::ballot(mask, predicate != 0, CUDA_EMULATOR_SITE) != 0;
}
inline int __all_sync(unsigned mask, int predicate, CUDA_EMULATOR_SITE_PARAMETER) {
  return hysteron::cuda_emulator::ballot(mask, predicate == 0, CUDA_EMULATOR_SITE) == 0;
}

template <hysteron::cuda_emulator::AtomicNumber T>
T atomicAdd(T* address, std::type_identity_t<T> value) {
  return hysteron::cuda_emulator::atomic_update(address, [value](T old) { return T(old + value); });
}
template <hysteron::cuda_emulator::AtomicInteger T>
T atomicMax(T* address, std::type_identity_t<T> value) {
  return hysteron::cuda_emulator::atomic_update(address, [value](T old) { return std::max(old, value); });
}
template <hysteron::cuda_emulator::AtomicInteger T>
T atomicMin(T* address, std::type_identity_t<T> value) {
  return hysteron::cuda_emulator::atomic_update(address, [value](T old) { return std::min(old, value); });
}
template <hysteron::cuda_emulator::AtomicInteger T>
T atomicOr(T* address, std::type_identity_t<T> value) {
  return hysteron::cuda_emulator::atomic_update(address, [value](T old) { return T(old | value); });
}
template <typename T>
T atomicExch(T* address, std::type_identity_t<T> value) {
  return hysteron::cuda_emulator::atomic_update(address, [value](T) { return value; });
}
template <hysteron::cuda_emulator::AtomicInteger T>
T atomicCAS(T* address, std::type_identity_t<T> compare, std::type_identity_t<T> value) {
  return hysteron::cuda_emulator::atomic_update(address, [=](T old) { return old == compare ? value : old; });
}

inline void __threadfence() {  // ordered with every other fence: ThreadSanitizer sees no race that fences might prevent
  hysteron::cuda_emulator::acquire_token(&hysteron::cuda_emulator::launch_now->fence),
      hysteron::cuda_emulator::release_token(&hysteron::cuda_emulator::launch_now->fence);
}
inline void __threadfence_block() { __threadfence(); }
inline void __nanosleep(unsigned, CUDA_EMULATOR_SITE_PARAMETER) { hysteron::cuda_emulator::backoff(file, line); }
[[noreturn]] inline void __trap() { hysteron::cuda_emulator::fail("executes __trap"); }
template <typename T>
T __ldg(const T* address) {
  return *address;
}
inline float __expf(float x) { return std::exp(x); }
inline float __logf(float x) { return std::log(x); }
inline float __fdividef(float x, float y) { return x / y; }
inline float __frcp_rn(float x) { return 1.0F / x; }
inline float rsqrtf(float x) { return 1.0F / std::sqrt(x); }
inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
inline int __popc(unsigned x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(unsigned(x)); }
inline int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(unsigned(x)) + 1; }

namespace cooperative_groups {

inline unsigned flatten(const uint3& at, const dim3& size) { return (at.z * size.y + at.y) * size.x + at.x; }
inline unsigned volume(const dim3& size) { return size.x * size.y * size.z; }

struct thread_block {
  void sync(CUDA_EMULATOR_SITE_PARAMETER) const { __syncthreads(file, line); }
  unsigned thread_rank() const { return flatten(threadIdx, blockDim); }
  unsigned num_threads() const { return volume(blockDim); }
  unsigned size() const { return num_threads(); }
  dim3 group_index() const { return {blockIdx.x, blockIdx.y, blockIdx.z}; }
  dim3 thread_index() const { return {threadIdx.x, threadIdx.y, threadIdx.z}; }
  dim3 dim_threads() const { return blockDim; }
};
inline thread_block this_thread_block() { return {}; }

template <unsigned Size>
struct thread_block_tile {
  static_assert(Size <= 32 && std::has_single_bit(Size), "tiles of more than a warp are not emulated");
  unsigned lane = hysteron::cuda_emulator::fiber_now->lane;
  unsigned mask() const { return (Size == 32 ? ~0U : (1U << Size % 32) - 1) << lane / Size * Size; }
  unsigned thread_rank() const { return lane % Size; }
  static constexpr unsigned num_threads() { return Size; }
  static constexpr unsigned size() { return Size; }
  unsigned meta_group_rank() const { return this_thread_block().thread_rank() / Size; }
  unsigned meta_group_size() const { return (this_thread_block().num_threads() + Size - 1) / Size; }
  void sync(CUDA_EMULATOR_SITE_PARAMETER) const { __syncwarp(mask(), file, line); }
  template <typename T>
  T shfl(T value, int source, CUDA_EMULATOR_SITE_PARAMETER) const {
    return __shfl_sync(mask(), value, source, Size, file, line);
  }
  template <typename T>
  T shfl_up(T value, unsigned delta, CUDA_EMULATOR_SITE_PARAMETER) const {
    return __shfl_up_sync(mask(), value, delta, Size, file, line);
  }
  template <typename T>
  T shfl_down(T value, unsigned delta, CUDA_EMULATOR_SITE_PARAMETER) const {
    return __shfl_down_sync(mask(), value, delta, Size, file, line);
  }
  template <typename T>
  T shfl_xor(T value, unsigned lane_mask, CUDA_EMULATOR_SITE_PARAMETER) const {
    return __shfl_xor_sync(mask(), value, int(lane_mask), Size, file, line);
  }
  int any(int predicate, CUDA_EMULATOR_SITE_PARAMETER) const { return __any_sync(mask(), predicate, file, line); }
  int all(int predicate, CUDA_EMULATOR_SITE_PARAMETER) const { return __all_sync(mask(), predicate, file, line); }
  unsigned ballot(int predicate, CUDA_EMULATOR_SITE_PARAMETER) const {
    return __ballot_sync(mask(), predicate, file, line) >> lane / Size * Size;
  }
};
template <unsigned Size, typename Parent>
thread_block_tile<Size> tiled_partition(const Parent&) {
  return {};
}

template <typename T>
struct plus {
  T operator()(T a, T b) const { return a + b; }
};
template <typename T>
struct less {
  T operator()(T a, T b) const { return b < a ? b : a; }
};
template <typename T>
struct greater {
  T operator()(T a, T b) const { return a < b ? b : a; }
};
template <unsigned Size, typename T, typename Combine>
T reduce(const thread_block_tile<Size>& tile, T value, Combine combine, CUDA_EMULATOR_SITE_PARAMETER) {
  return hysteron::cuda_emulator::reduce_lanes(tile.mask(), value, CUDA_EMULATOR_SITE, combine);
}

struct grid_group {
  bool is_valid() const { return hysteron::cuda_emulator::launch_now->shape.cooperative; }
  void sync(CUDA_EMULATOR_SITE_PARAMETER) const {
    if (!is_valid()) hysteron::cuda_emulator::fail("synchronizes a grid that was not launched as cooperative");
    hysteron::cuda_emulator::synchronize(hysteron::cuda_emulator::launch_now->grid_barrier, CUDA_EMULATOR_SITE);
  }
  unsigned block_rank() const { return flatten(blockIdx, gridDim); }
  unsigned num_blocks() const { return volume(gridDim); }
  unsigned long long thread_rank() const {
    return block_rank() * 1ULL * volume(blockDim) + flatten(threadIdx, blockDim);
  }
  unsigned long long num_threads() const { return num_blocks() * 1ULL * volume(blockDim); }
};
inline grid_group this_grid() { return {}; }

struct cluster_group {
  using arrival_token = std::uint64_t;
  static hysteron::cuda_emulator::Fiber& self() { return *hysteron::cuda_emulator::fiber_now; }
  void sync(CUDA_EMULATOR_SITE_PARAMETER) const {
    hysteron::cuda_emulator::synchronize(self().block->cluster->barrier, CUDA_EMULATOR_SITE);
  }
  void barrier_arrive(CUDA_EMULATOR_SITE_PARAMETER) const {
    hysteron::cuda_emulator::Unobserved unobserved;
    if (std::exchange(self().arrived_at_cluster, true))
      hysteron::cuda_emulator::fail("arrives twice at the cluster barrier");
    self().cluster_phase = hysteron::cuda_emulator::arrive(self().block->cluster->barrier, CUDA_EMULATOR_SITE);
  }
  void barrier_wait(CUDA_EMULATOR_SITE_PARAMETER) const {
    hysteron::cuda_emulator::Unobserved unobserved;
    if (!std::exchange(self().arrived_at_cluster, false))
      hysteron::cuda_emulator::fail("waits at the cluster barrier without arriving");
    hysteron::cuda_emulator::wait(self().block->cluster->barrier, self().cluster_phase, CUDA_EMULATOR_SITE);
  }
  unsigned block_rank() const { return self().block->rank; }
  unsigned num_blocks() const { return volume(hysteron::cuda_emulator::launch_now->shape.cluster); }
  unsigned thread_rank() const { return block_rank() * volume(blockDim) + flatten(threadIdx, blockDim); }
  unsigned num_threads() const { return num_blocks() * volume(blockDim); }
  template <typename T>
  T* map_shared_rank(T* pointer, unsigned rank) const {
    return hysteron::cuda_emulator::map_shared_rank(pointer, rank);
  }
};
inline cluster_group this_cluster() { return {}; }

}  // namespace cooperative_groups
