#pragma once
#include "planted_bug.hpp"
#include "tile.cuh"

namespace hysteron::cuda {

// How the blocks of a cluster (or the warps of a lone block) hand values to each other, without a barrier of the
// cluster in the time loop. A run is a chain of exchanges, numbered from 1; number 0 is the initial state, which every
// block reads for itself. A step makes one exchange, or two for a deep transition: the intermediate value, then the
// state (forward); the gradient of the intermediate value, then that of the state (backward).
//
// Exchange e is pushed (st.async) into buffer e % 2 of every receiver, and counted by the receiver's mbarrier e % 2. A
// thread takes part in e as follows: wait(e); read it; push e + 1. Before wait(e), thread 0 arms the mbarrier of e + 1.
//
// Why two buffers are enough, even for two exchanges per step.
// Forward: block A stores e + 2 into buffer e % 2 of B only after a wait that counted all of e + 1. That contains bytes
// from every warp of B, each sent after the __syncwarp that follows the warp's last read of e. So no read of e is
// pending. This requires that every warp owns a tile and pushes in each exchange, and that every thread itself waits.
// Backward: not every warp of B sends to A. B's sends of e + 1 follow the __syncthreads of that exchange, which follows
// all reads of e in B; A sends e + 2 only after it has received something of e + 1 from B. The partial sums of e are
// overwritten for e + 2, after the __syncthreads of e + 1, which follows the sums over e.
// The same orderings show that bytes for the next phase of an mbarrier cannot arrive before its current phase is
// complete. Bytes that arrive before they are expected are legal while the arrival is pending.
// Exit: a block waits for everything that is pushed to it (the last state is not pushed), so it needs no barrier at the
// end.
//
// What the waits order, for this argument, are accesses to shared memory alone: the values that arrived, the sends that
// overwrite what was read, the mbarriers. So the waits acquire no more than that (acquire_shared), which spares the
// inputs in the cache of global memory.
//
// A lone block uses plain stores and one __syncthreads per exchange: wait(). Buffer e % 2 is written for e + 2 after
// wait(e + 1), which follows all reads of e.

/// The two mbarriers of a block, and the waits for them.
template <class P, class Bug>
class Arrivals {
 public:
  __device__ __forceinline__ Arrivals(SharedCarver& shared, const Position<P>& at) : warp_(at.warp) {
    if constexpr (P::blocks > 1) {
      arrived_ = shared.take<Mbarrier>(2);
      if (threadIdx.x == 0) {
        mbarrier_init(&arrived_[0], 1);
        mbarrier_init(&arrived_[1], 1);
        if (!Bug::has(PlantedBug::no_init_fence)) fence_mbarrier_init();
      }
    }
  }
  /// Everything that this thread has read or written before is done.
  __device__ __forceinline__ void announce() const {
    if constexpr (P::blocks > 1) {
      if (!Bug::has(PlantedBug::no_first_barrier)) cluster_arrive();
    }
  }
  /// Every block of the cluster is running, and all of its threads have announced.
  __device__ __forceinline__ void ready() const {
    if constexpr (P::blocks > 1) {
      if (!Bug::has(PlantedBug::no_first_barrier)) return cluster_wait();
    }
    __syncthreads();
  }
  /// The next exchange will bring its bytes.
  __device__ __forceinline__ void arm(int exchange) const {
    if constexpr (P::blocks > 1) {
      if (threadIdx.x != 0) return;
      Mbarrier* const next = &arrived_[exchange % 2];
      const unsigned bytes = P::exchange_values * 4 - (Bug::has(PlantedBug::too_few_bytes) ? 16 : 0);
      if (Bug::has(PlantedBug::missing_expect_tx))
        mbarrier_arrive(next);
      else if (Bug::has(PlantedBug::lost_arrive))
        mbarrier_expect(next, bytes);
      else
        mbarrier_arrive_expect(next, bytes);
      if (Bug::has(PlantedBug::arrive_twice)) mbarrier_arrive(next);
    }
  }
  /// All of an exchange has arrived.
  __device__ __forceinline__ void wait(int exchange) const {
    if (exchange == 0 || Bug::has(PlantedBug::no_wait) || (Bug::has(PlantedBug::wait_in_first_warp_only) && warp_ > 0))
      return;
    if constexpr (P::blocks > 1) {
      mbarrier_wait(&arrived_[exchange % 2], unsigned((exchange - 1) / 2 + (Bug::has(PlantedBug::wrong_parity))) % 2);
      if (!Bug::has(PlantedBug::no_acquire)) acquire_shared();
    } else {
      __syncthreads();
    }
  }
  __device__ __forceinline__ ClusterAddress at_peer(unsigned peer) const { return cluster_address(arrived_, peer); }

 private:
  Mbarrier* arrived_ = nullptr;
  int warp_;
};

/// Forward: one value for every unit of every sequence of the slice, to all blocks.
template <class P, class Bug>
class ValueExchange : public Arrivals<P, Bug> {
 public:
  __device__ __forceinline__ ValueExchange(SharedCarver& shared, const Position<P>& at)
      : Arrivals<P, Bug>(shared, at), buffers_(shared.take<float>(2 * P::exchange_values)) {}

  /// [sequence][unit]
  __device__ __forceinline__ float* buffer(int exchange) const { return buffers_ + offset(exchange); }

  /// For each sequence the lanes of a tile divide the blocks of the cluster among themselves. After ready().
  __device__ __forceinline__ void find_peers(const Position<P>& at) {
    if constexpr (P::blocks > 1) {
#pragma unroll
      for (int send = 0; send < sends; ++send) {
        const unsigned peer = unsigned(share(at) + send * lanes_for_sequence) % P::blocks;
        peer_buffer_[send] = cluster_address(buffers_ + at.slot * P::units + at.unit - at.part % tile_units, peer);
        peer_arrived_[send] = Arrivals<P, Bug>::at_peer(peer);
      }
    }
  }
  /// The value of the unit and the sequence that this lane finishes in the pass. Called by all lanes of the warp
  /// together.
  __device__ __forceinline__ void push(int exchange, int pass, float value, const Position<P>& at) const {
    if constexpr (P::blocks > 1) {
      const int source = at.lane - at.part + at.part % P::owners / tile_units * tile_units;
      float4 four;
      four.x = __shfl_sync(all_lanes, value, source);
      four.y = __shfl_sync(all_lanes, value, source + 1);
      four.z = __shfl_sync(all_lanes, value, source + 2);
      four.w = __shfl_sync(all_lanes, value, source + 3);
      if (!Bug::has(PlantedBug::no_warp_barrier)) __syncwarp();  // all lanes have read before any of them sends
#pragma unroll
      for (int send = 0; send < sends; ++send)
        if (share(at) + send * lanes_for_sequence < P::blocks)
          store_async(peer_buffer_[send] + unsigned(offset(exchange) + pass * P::together * P::units) * 4, four,
                      peer_arrived_[send] + unsigned(exchange % 2) * 8);
    } else if (at.owner >= 0) {
      buffer(exchange)[(pass * P::together + at.slot) * P::units + at.unit] = value;
    }
  }

 private:
  static constexpr int sends = (P::blocks * P::together + P::splits - 1) / P::splits;
  static constexpr int lanes_for_sequence = P::splits / P::together;
  __device__ __forceinline__ static int share(const Position<P>& at) {
    return at.part / P::owners * tile_units + at.part % tile_units;
  }
  __device__ __forceinline__ static int offset(int exchange) {
    return (Bug::has(PlantedBug::single_buffer) ? 0 : exchange % 2) * P::exchange_values;
  }

  float* buffers_;
  ClusterAddress peer_buffer_[sends] = {}, peer_arrived_[sends] = {};
};

/// Backward: what all rows contribute to every unit of every sequence of the slice, summed, to the block of the unit.
template <class P, class Bug>
class GradientExchange : public Arrivals<P, Bug> {
  static constexpr int partial_values = P::warps * P::exchange_values;

 public:
  __device__ __forceinline__ GradientExchange(SharedCarver& shared, const Position<P>& at)
      : Arrivals<P, Bug>(shared, at), partial_(shared.take<float>(2 * partial_values)) {
    if constexpr (P::blocks > 1) received_ = shared.take<float>(2 * P::exchange_values);
  }
  __device__ __forceinline__ void find_peers() {
    if constexpr (P::blocks > 1) {
#pragma unroll
      for (int round = 0; round < rounds; ++round) {
        const unsigned peer = unsigned(column(round) / P::block_units) % P::blocks;
        peer_received_[round] = cluster_address(received_, peer);
        peer_arrived_[round] = Arrivals<P, Bug>::at_peer(peer);
      }
    }
  }
  /// Where a warp puts what its rows contribute to all units, [sequence][unit].
  __device__ __forceinline__ float* partial(int exchange, const Position<P>& at) const {
    return partial_ + partial_offset(exchange) + at.warp * P::exchange_values;
  }
  /// All warps have put their sums. Sums over the warps go to the peers; a lone block sums when it receives.
  __device__ __forceinline__ void push(int exchange, const Position<P>& at) const {
    if constexpr (P::blocks > 1) {
      if (!Bug::has(PlantedBug::no_block_barrier)) __syncthreads();
#pragma unroll
      for (int round = 0; round < rounds; ++round) {
        if (items % P::threads != 0 && item(round) >= items) break;
        const float* const from = partial_ + partial_offset(exchange) + sequence(round) * P::units + column(round);
        float four[tile_units];
        sum_over_warps(four, from);
        const int to = (Bug::has(PlantedBug::single_buffer) ? 0 : exchange % 2) * P::exchange_values +
                       (at.rank * P::sequences + sequence(round)) * P::block_units + column(round) % P::block_units;
        store_async(peer_received_[round] + unsigned(to) * 4, make_float4(four[0], four[1], four[2], four[3]),
                    peer_arrived_[round] + unsigned(exchange % 2) * 8);
      }
    }
  }
  /// What arrived for the unit and the sequence that this lane finishes in the pass.
  __device__ __forceinline__ float received(int exchange, int pass, const Position<P>& at) const {
    const int sequence = pass * P::together + at.slot;
    if constexpr (P::blocks > 1) {
      const float* const from = received_ +
                                (Bug::has(PlantedBug::single_buffer) ? 0 : exchange % 2) * P::exchange_values +
                                sequence * P::block_units + at.unit - at.rank * P::block_units;
      return pairwise_sum<P::blocks>([&](int source) { return from[source * P::sequences * P::block_units]; });
    } else {
      const float* const from = partial_ + partial_offset(exchange) + sequence * P::units + at.unit;
      return pairwise_sum<P::warps>([&](int warp) { return from[warp * P::exchange_values]; });
    }
  }

 private:
  // A thread sums and sends four units of a sequence at a time.
  static constexpr int items = P::exchange_values / tile_units, rounds = (items + P::threads - 1) / P::threads;
  __device__ __forceinline__ static int item(int round) { return int(threadIdx.x) + round * P::threads; }
  __device__ __forceinline__ static int sequence(int round) { return item(round) / (P::units / tile_units); }
  __device__ __forceinline__ static int column(int round) { return item(round) % (P::units / tile_units) * tile_units; }
  __device__ __forceinline__ static int partial_offset(int exchange) {
    return (Bug::has(PlantedBug::no_partial_buffer) ? 0 : exchange % 2) * partial_values;
  }
  template <int warps = P::warps>
  __device__ __forceinline__ static void sum_over_warps(float (&sum)[tile_units], const float* from) {
    if constexpr (warps == 1) {
      load_shared(sum, from);
    } else {
      float other[tile_units];
      sum_over_warps<warps / 2>(sum, from);
      sum_over_warps<warps / 2>(other, from + warps / 2 * P::exchange_values);
#pragma unroll
      for (int unit = 0; unit < tile_units; ++unit) sum[unit] += other[unit];
    }
  }

  float *partial_, *received_ = nullptr;
  ClusterAddress peer_received_[rounds] = {}, peer_arrived_[rounds] = {};
};

}  // namespace hysteron::cuda
