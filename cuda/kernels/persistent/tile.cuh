#pragma once
#include "position.cuh"

namespace hysteron::cuda {

template <int count>
__device__ __forceinline__ void load_shared(float (&to)[count], const float* from) {
  if constexpr (count == 4) {
    const float4 value = *reinterpret_cast<const float4*>(from);
    to[0] = value.x, to[1] = value.y, to[2] = value.z, to[3] = value.w;
  } else if constexpr (count == 2) {
    const float2 value = *reinterpret_cast<const float2*>(from);
    to[0] = value.x, to[1] = value.y;
  } else {
    static_assert(count == 1);
    to[0] = *from;
  }
}

template <int count>
__device__ __forceinline__ void store_shared(float* to, const float* from) {
  if constexpr (count == 4) {
    *reinterpret_cast<float4*>(to) = make_float4(from[0], from[1], from[2], from[3]);
  } else if constexpr (count == 2) {
    *reinterpret_cast<float2*>(to) = make_float2(from[0], from[1]);
  } else {
    static_assert(count == 1);
    *to = *from;
  }
}

/// Sums each value over the lanes of a tile. Bit i of the lane chooses which half of the values it keeps (value number
/// bit i), until `keep` are left; then all remaining lanes hold the same sums. The order of the additions depends only
/// on `splits`.
template <int splits, int keep, int count>
__device__ __forceinline__ void reduce_scatter(float (&values)[count], int lane) {
  int left = count;
#pragma unroll
  for (int bit = 1; bit < splits; bit *= 2) {
    if (left > keep) {
      left /= 2;
      const bool upper = (lane & bit) != 0;
#pragma unroll
      for (int at = 0; at < count / 2; ++at)
        if (at < left) {
          const float kept = upper ? values[2 * at + 1] : values[2 * at];
          const float sent = upper ? values[2 * at] : values[2 * at + 1];
          values[at] = kept + __shfl_xor_sync(all_lanes, sent, bit);
        }
    } else {
#pragma unroll
      for (int at = 0; at < keep; ++at) values[at] += __shfl_xor_sync(all_lanes, values[at], bit);
    }
  }
}

/// Sums each value over the tiles of a warp; each lane keeps count / tiles of them, beginning at the returned index.
template <int splits, int count>
__device__ __forceinline__ int scatter_over_tiles(float (&values)[count], int lane) {
  int first = 0, left = count;
#pragma unroll
  for (int bit = splits; bit < 32; bit *= 2) {
    left /= 2;
    const bool upper = (lane & bit) != 0;
    first += upper ? left : 0;
#pragma unroll
    for (int at = 0; at < count / 2; ++at)
      if (at < left) {
        const float kept = upper ? values[at + left] : values[at];
        const float sent = upper ? values[at] : values[at + left];
        values[at] = kept + __shfl_xor_sync(all_lanes, sent, bit);
      }
  }
  return first;
}

/// The sum of term(0) .. term(count - 1), by halves: the same bits however the terms are cut into equal parts.
template <int count, class Term>
__device__ __forceinline__ float pairwise_sum(Term term, int first = 0) {
  if constexpr (count == 1)
    return term(first);
  else
    return pairwise_sum<count / 2>(term, first) + pairwise_sum<count / 2>(term, first + count / 2);
}

/// The part of `lanes` matrices [lane][unit out][unit in] that stays in a thread's registers for the whole run: the
/// rows of the four units of its tile, for every lane, and every splits-th vector of columns, so that neighboring
/// threads read neighboring words of the multiplied vector.
template <class P, int lanes>
class Tile {
 public:
  static constexpr int rows = lanes * tile_units;
  /// The size, in floats, of the gradients of these rows that a tile shares, [sequence][lane][unit].
  static constexpr int row_values = P::sequences * rows;

  /// units: of the model; rows and columns beyond them are zero.
  __device__ __forceinline__ void load(const float* __restrict__ matrices, int units, const Position<P>& at) {
    const int first = at.unit - at.part % tile_units;
#pragma unroll
    for (int row = 0; row < rows; ++row)
#pragma unroll
      for (int column = 0; column < P::columns; ++column) {
        const int lane = row / tile_units, out = first + row % tile_units, in = column_of(column, at);
        weights_[row][column] =
            out < units && in < units ? matrices[(static_cast<std::ptrdiff_t>(lane) * units + out) * units + in] : 0.0F;
      }
  }

  /// For the sequences of a pass, [sequence][unit] at `values`: the products of all lanes for the unit and the sequence
  /// that this thread finishes.
  __device__ __forceinline__ void product(float (&sums)[rows * P::together], const float* values,
                                          const Position<P>& at) const {
#pragma unroll
    for (int i = 0; i < rows * P::together; ++i) sums[i] = 0;  // [lane][sequence][unit]
#pragma unroll
    for (int vector = 0; vector < P::vectors; ++vector)
#pragma unroll
      for (int sequence = 0; sequence < P::together; ++sequence) {
        float read[P::vector];
        load_shared(read, values + sequence * P::units + (vector * P::splits + at.part) * P::vector);
#pragma unroll
        for (int v = 0; v < P::vector; ++v)
#pragma unroll
          for (int row = 0; row < rows; ++row)
            sums[(row / tile_units * P::together + sequence) * tile_units + row % tile_units] +=
                weights_[row][vector * P::vector + v] * read[v];
      }
    reduce_scatter<P::splits, lanes>(sums, at.lane);
  }

  /// From the gradients of the tile's rows for one sequence, [lane][unit] at `gradients`: what this warp's rows
  /// contribute to all units, stored at `partial` [unit].
  __device__ __forceinline__ void transposed_product(const float* gradients, float* partial,
                                                     const Position<P>& at) const {
    constexpr int kept = P::units / 32, together = kept < P::vector ? kept : P::vector;
    float values[P::columns], gradient[rows];
#pragma unroll
    for (int lane = 0; lane < lanes; ++lane) {
      float four[tile_units];
      load_shared(four, gradients + lane * tile_units);
#pragma unroll
      for (int unit = 0; unit < tile_units; ++unit) gradient[lane * tile_units + unit] = four[unit];
    }
#pragma unroll
    for (int column = 0; column < P::columns; ++column) {
      values[column] = 0;
#pragma unroll
      for (int row = 0; row < rows; ++row) values[column] += weights_[row][column] * gradient[row];
    }
    const int begin = scatter_over_tiles<P::splits>(values, at.lane);
#pragma unroll
    for (int i = 0; i < kept; i += together) store_shared<together>(partial + column_of(begin + i, at), values + i);
  }

 private:
  __device__ __forceinline__ static int column_of(int column, const Position<P>& at) {
    return (column / P::vector * P::splits + at.part) * P::vector + column % P::vector;
  }

  float weights_[rows][P::columns];
};

}  // namespace hysteron::cuda
