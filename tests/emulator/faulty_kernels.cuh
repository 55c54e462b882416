#pragma once
#include <kernel_language.cuh>

namespace hysteron::cuda {

// Small kernels in which a mistake can be planted, to show that the emulator finds it.

enum class Fault {
  none,
  missing_barrier,       // reads before all have written
  divergent_barrier,     // some threads go past the barrier
  other_barrier,         // two halves wait at two barriers
  early_return,          // before the barrier
  out_of_bounds,         // one value past the shared array
  out_of_bounds_global,  // and one past the global one
  uninitialized,         // a shared value that nobody wrote
  plain_addition,        // blocks add to one value without an atomic
  unawaited_copy,        // reads data that an asynchronous copy has not yet brought
  no_acquire,            // the wait for an mbarrier orders nothing
  lone_wait,             // one thread waits for an mbarrier, but all read
  two_buffers,           // where as many as there are blocks are needed
};

inline constexpr int reversed_block = 64;

/// Reverses each group of 64 values; counts the blocks.
template <Fault fault>
__global__ void reverse_blocks(const float* from, float* to, int* blocks) {
  SHARED_VARIABLE(tile, float[reversed_block]);
  const int thread = int(threadIdx.x), first = int(blockIdx.x) * reversed_block;
  if (fault != Fault::uninitialized || thread != 7) tile[thread] = from[first + thread];
  if (fault == Fault::early_return && thread >= 40) return;
  if constexpr (fault == Fault::divergent_barrier) {
    if (thread < 32) __syncthreads();
  } else if constexpr (fault == Fault::other_barrier) {
    if (thread < 32) {
      __syncthreads();
    } else {
      __syncthreads();
    }
  } else if constexpr (fault != Fault::missing_barrier) {
    __syncthreads();
  }
  const float* const own = tile;
  to[first + thread + (fault == Fault::out_of_bounds_global ? 1 : 0)] =
      own[reversed_block - (fault == Fault::out_of_bounds ? 0 : 1) - thread];
  if (thread != 0) return;
  if constexpr (fault == Fault::plain_addition) {
    ++*blocks;
  } else {
    atomicAdd(blocks, 1);
  }
}

/// The same with asynchronous copies.
template <Fault fault>
__global__ void reverse_copied(const float* from, float* to) {
  SHARED_VARIABLE(tile, float[reversed_block]);
  const int thread = int(threadIdx.x);
  if (thread < reversed_block / 4) copy_async<16>(&tile[thread * 4], from + thread * 4);
  copy_async_commit();
  if constexpr (fault == Fault::unawaited_copy) {
    copy_async_wait<1>();
  } else {
    copy_async_wait<0>();
  }
  __syncthreads();
  to[thread] = tile[reversed_block - 1 - thread];
  copy_async_wait<0>();
}

inline constexpr int ring_blocks = 4, ring_threads = 32;

/// Each block of a cluster sends its tokens to its right neighbor, `rounds` times; sums[block, thread]: what it saw. It
/// hears from its right neighbor only around the ring, so that as many buffers as blocks are needed.
template <Fault fault>
__global__ void send_around(int rounds, float* sums) {
  SHARED_VARIABLE(buffers, float[ring_blocks][ring_threads][4]);
  SHARED_VARIABLE(arrived, Mbarrier[ring_blocks]);
  constexpr unsigned bytes = ring_threads * 16;
  constexpr int used = fault == Fault::two_buffers ? 2 : ring_blocks;
  const unsigned rank = cluster_rank();
  if (threadIdx.x == 0) {
    for (Mbarrier& barrier : arrived) mbarrier_init(&barrier, 1);
    fence_mbarrier_init();
  }
  cluster_arrive();
  cluster_wait();
  const unsigned peer = (rank + 1) % ring_blocks;
  const ClusterAddress to = cluster_address(buffers, peer), signal = cluster_address(arrived, peer);
  float sum = 0, token = float(rank * ring_threads + threadIdx.x);
  for (int round = 0; round < rounds; ++round) {
    const unsigned buffer = unsigned(round % used);
    if (threadIdx.x == 0) mbarrier_arrive_expect(&arrived[buffer], bytes);
    store_async(to + buffer * bytes + threadIdx.x * 16, make_float4(token, 1, 2, 3), signal + buffer * 8);
    if (fault != Fault::lone_wait || threadIdx.x == 0) mbarrier_wait(&arrived[buffer], unsigned(round / used % 2));
    if (fault != Fault::no_acquire) acquire_shared();
    token = buffers[buffer][threadIdx.x][0];
    sum += token;
  }
  sums[blockIdx.x * ring_threads + threadIdx.x] = sum;
}

}  // namespace hysteron::cuda
