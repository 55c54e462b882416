#pragma once
#include <kernel_language.cuh>

#include <hysteron/trajectory.hpp>

namespace hysteron::cuda {

// A slice of the batch runs as long as its longest sequence, so slices are formed of sequences of similar length,
// longest first: the last slices to begin are then the shortest.

/// order[replica][rank] = sequence, by falling length; equal lengths by sequence number. A thread ranks one sequence by
/// comparing it with all others.
template <class Integer>
__global__ void order_by_length(const Integer* __restrict__ lengths, int batch, Integer* __restrict__ order) {
  const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(blockIdx.y) * batch;
  const int own = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (own >= batch) return;
  const Integer length = lengths[first + own];
  int rank = 0;
  for (int other = 0; other < batch; ++other) {
    const Integer of_other = lengths[first + other];
    rank += of_other > length || (of_other == length && other < own) ? 1 : 0;
  }
  order[first + rank] = own;
}

inline void launch_order_by_length(const int* lengths, const Shape& shape, int* order, cudaStream_t stream) {
  constexpr unsigned threads = 128;
  launch({.grid = dim3((unsigned(shape.batch) + threads - 1) / threads, unsigned(shape.replicas)),
          .block = dim3(threads),
          .stream = stream},
         order_by_length<int>, lengths, shape.batch, order);
}

}  // namespace hysteron::cuda
