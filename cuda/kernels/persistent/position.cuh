#pragma once
#include <kernel_language.cuh>

#include <hysteron/trajectory.hpp>

#include "plans.hpp"

namespace hysteron::cuda {

inline constexpr unsigned all_lanes = 0xffffffffU;

/// A layout (plans.hpp) that a kernel is compiled for. `together` of the sequences of its slice are worked on at once,
/// in passes that follow one another.
template <int units_, int blocks_, int splits_, int sequences_>
struct Plan {
  static constexpr PersistentLayout layout{units_, blocks_, splits_, sequences_};
  static constexpr int units = units_, blocks = blocks_, splits = splits_, sequences = sequences_;
  static constexpr int columns = layout.columns(), vector = columns < 4 ? columns : 4, vectors = columns / vector;
  static constexpr int block_units = layout.block_units(), tiles = layout.tiles();
  static constexpr int threads = layout.threads(), warps = layout.warps();
  static constexpr int together = layout.together(), passes = layout.passes();
  static constexpr int owners = layout.owners(), block_owners = layout.block_owners();
  static constexpr int exchange_values = layout.exchange_values();
  static_assert(units % (blocks * tile_units) == 0 && units % splits == 0 && columns % vector == 0);
  static_assert(splits >= tile_units && splits <= 32 && (splits & (splits - 1)) == 0);
  static_assert(threads % 32 == 0 && threads <= 1024 && (warps & (warps - 1)) == 0);
  static_assert(sequences % together == 0 && (together & (together - 1)) == 0);
};

/// The place where a block and a thread work.
template <class P>
struct Position {
  int rank, replica, first_slot;  // of the block; the slots of its slice are consecutive
  int lane, warp, part, tile;     // part: which lane of its tile
  int unit, slot;                 // what the lane finishes: a unit and, in a pass, the sequence in this slot
  int owner;                      // its number among the lanes that finish something; -1: it finishes nothing

  __device__ __forceinline__ explicit Position(const Shape& shape) {
    const int slices = (shape.batch + P::sequences - 1) / P::sequences, cluster = int(blockIdx.x) / P::blocks;
    rank = int(blockIdx.x) % P::blocks;
    replica = cluster / slices;
    first_slot = cluster % slices * P::sequences;
    lane = int(threadIdx.x) % 32;
    warp = int(threadIdx.x) / 32;
    part = int(threadIdx.x) % P::splits;
    tile = int(threadIdx.x) / P::splits;
    unit = rank * P::block_units + tile * tile_units + part % tile_units;
    slot = part / tile_units % P::together;
    owner = part < P::owners ? tile * P::owners + part : -1;
  }
};

/// The sequences that a lane finishes, one per pass.
template <class P>
struct OwnSequences {
  int sequence[P::passes];  // its number in the batch
  int length[P::passes];    // -1: this lane finishes nothing
  int longest = 0;          // over all sequences of the slice: the same in every thread of a cluster

  /// order: [replicas, batch], which sequence has which slot; null: each has its own.
  template <Cell C>
  __device__ __forceinline__ OwnSequences(const Trajectory<C>& run, const int* __restrict__ order,
                                          const Position<P>& at) {
    const Shape& shape = run.shape;
    const auto of_slot = [&](int slot) {
      return order ? order[static_cast<std::ptrdiff_t>(at.replica) * shape.batch + slot] : slot;
    };
    const auto length_of = [&](int of) {
      const int given = run.length(at.replica, of);
      return given < 0 ? 0 : given < shape.steps ? given : shape.steps;
    };
    for (int slot = at.first_slot; slot < at.first_slot + P::sequences && slot < shape.batch; ++slot) {
      const int other = length_of(of_slot(slot));
      longest = other > longest ? other : longest;
    }
#pragma unroll
    for (int pass = 0; pass < P::passes; ++pass) {
      const int slot = at.first_slot + pass * P::together + at.slot;
      const bool exists = at.owner >= 0 && at.unit < shape.units && slot < shape.batch;
      sequence[pass] = exists ? of_slot(slot) : 0;
      length[pass] = exists ? length_of(sequence[pass]) : -1;
    }
  }
};

/// A field at one replica and one unit, over steps and sequences. Strides have 32 bits (checked at the launch), offsets
/// 64: an address takes two multiply-adds.
template <class Record, class Real>
class Column {
 public:
  __device__ __forceinline__ Column(const Field<Record, Real>& field, int replica, int unit)
      : first_(field.first + replica * field.replica + unit),
        step_(int(field.step)),
        sequence_(int(field.sequence)),
        units_(field.units) {}

  __device__ __forceinline__ Real* at(int step, int sequence) const {
    return first_ + static_cast<std::ptrdiff_t>(step) * step_ + static_cast<std::ptrdiff_t>(sequence) * sequence_;
  }
  __device__ __forceinline__ Record load(int step, int sequence) const {
    return load_lanes<Record, std::remove_const_t<Real>>(at(step, sequence), units_);
  }
  __device__ __forceinline__ void store(int step, int sequence, const Record& record) const {
    if constexpr (lane_count < Record, Real >> 0) {
      Real* const to = at(step, sequence);
      for_each_lane<Real>(record, [&](int lane, Real value) { to[lane * units_] = value; });
    }
  }
  __device__ __forceinline__ int units() const { return units_; }

 private:
  Real* first_;
  int step_, sequence_, units_;
};

/// What a lane needs for each step, fetched into shared memory `ahead` steps before: it fetches only what it uses
/// itself, so that no barrier is needed.
template <class P, int values, int ahead_>
class Ring {
 public:
  static constexpr int ahead = ahead_, stride = P::block_owners;
  static constexpr int slot_values = P::passes * values * stride;  // per block, for one step

  __device__ __forceinline__ Ring(float* first, const Position<P>& at) : own_(first + at.owner) {}
  __device__ __forceinline__ float* at(int turn, int pass) const {
    return own_ + turn % ahead * slot_values + pass * values * stride;
  }
  template <class Record, class Real>
  __device__ __forceinline__ static void fetch(float* to, const Column<Record, Real>& column, int step, int sequence) {
    if constexpr (lane_count < Record, float >> 0) {
      const float* const from = column.at(step, sequence);
#pragma unroll
      for (int lane = 0; lane < lane_count<Record, float>; ++lane)
        copy_async_4(to + lane * stride, from + lane * column.units());
    }
  }
  template <class Record>
  __device__ __forceinline__ static Record load(const float* from) {
    return load_lanes<Record, float>(from, stride);
  }

 private:
  float* own_;
};

}  // namespace hysteron::cuda
