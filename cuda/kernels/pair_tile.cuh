#pragma once
#include <cstddef>

#include <hysteron/tensor.hpp>

#include "block_sum.cuh"

namespace hysteron::cuda {

// All pairs of a replica's sequences, 16 by 64 at a time; each thread has four of them in its row. A block takes 16
// sequences, and pairs them with all of the sequences in turn; nothing of size count x count x width is ever in memory.
// In double precision, as on the CPU: what is compared with epsilon is small compared to the values.

inline constexpr int pair_rows = 16, pair_columns = 64, pairs_of_thread = 4, pair_depth = 32;

inline LaunchShape pair_threads(int replicas, std::ptrdiff_t count, std::ptrdiff_t chunks, cudaStream_t stream) {
  return {.grid = dim3(unsigned((count + pair_rows - 1) / pair_rows), unsigned(chunks), unsigned(replicas)),
          .block = dim3(pair_columns / pairs_of_thread, pair_rows),
          .stream = stream};
}

/// The sequences of one replica.
template <class Real>
struct PairRows {
  const Real* first;
  std::ptrdiff_t row;
  int count, width;

  __device__ double value(int sequence, int at) const {
    return sequence < count && at < width ? double(first[sequence * row + at]) : 0.0;
  }
};

/// squares[m] = |a - b|^2 for sequences first_row + threadIdx.y and first_column + threadIdx.x + 16 m. Called by the
/// whole block.
template <class Real>
__device__ void squared_distances(const PairRows<Real>& rows, int first_row, int first_column,
                                  double (&squares)[pairs_of_thread]) {
  constexpr int pitch = pair_depth + 1, across = pair_columns / pairs_of_thread, threads = across * pair_rows;
  SHARED_VARIABLE(left, double[pair_rows][pitch]);
  SHARED_VARIABLE(right, double[pair_columns][pitch]);
  const int thread = int(threadIdx.y * across + threadIdx.x), lane = thread % pair_depth, line = thread / pair_depth;
  for (double& square : squares) square = 0;
  for (int depth = 0; depth < rows.width; depth += pair_depth) {
    __syncthreads();  // all threads have read the previous contents
#pragma unroll
    for (int at = line; at < pair_rows; at += threads / pair_depth)
      left[at][lane] = rows.value(first_row + at, depth + lane);
#pragma unroll
    for (int at = line; at < pair_columns; at += threads / pair_depth)
      right[at][lane] = rows.value(first_column + at, depth + lane);
    __syncthreads();
#pragma unroll 8
    for (int at = 0; at < pair_depth; ++at) {
      const double own = left[threadIdx.y][at];
#pragma unroll
      for (int m = 0; m < pairs_of_thread; ++m) {
        const double difference = own - right[threadIdx.x + m * across][at];
        squares[m] += difference * difference;
      }
    }
  }
}

/// sums[replica, i] = sum over j of near(i, j, |a - b|^2).
template <class Real, class Near>
__device__ void sum_over_pairs(const PairRows<Real>& rows, double* sums, Near near) {
  constexpr int across = pair_columns / pairs_of_thread;
  const int first_row = int(blockIdx.x) * pair_rows, row = first_row + int(threadIdx.y);
  double sum = 0;
  for (int first_column = 0; first_column < rows.count; first_column += pair_columns) {
    double squares[pairs_of_thread];
    squared_distances(rows, first_row, first_column, squares);
#pragma unroll
    for (int m = 0; m < pairs_of_thread; ++m) {
      const int column = first_column + int(threadIdx.x) + m * across;
      if (column < rows.count) sum += near(row, column, squares[m]);
    }
  }
  sum = warp_sum(sum, across);
  if (threadIdx.x == 0 && row < rows.count) sums[std::ptrdiff_t(blockIdx.z) * rows.count + row] = sum;
}

/// The mean over the sequences of 1 / sums[i], the same for all threads of the block.
__device__ inline double mean_of_inverses(const double* sums, int count) {
  double sum = 0;
  const int thread = int(threadIdx.y * blockDim.x + threadIdx.x), threads = int(blockDim.x * blockDim.y);
  for (int i = thread; i < count; i += threads) sum += 1 / sums[i];
  sum = block_sum(sum);
  return count > 0 ? sum / count : 0;
}

/// One block per replica: means[replica].
template <class Mean>
__global__ void mean_of_inverses_of_replica(const double* sums, int count, Mean* means) {
  const double mean = mean_of_inverses(sums + std::ptrdiff_t(blockIdx.x) * count, count);
  if (threadIdx.x == 0) means[blockIdx.x] = mean;
}

inline void launch_mean_of_inverses(const double* sums, int replicas, int count, double* means, cudaStream_t stream) {
  launch({.grid = dim3(unsigned(replicas)), .block = dim3(128), .stream = stream}, mean_of_inverses_of_replica<double>,
         sums, count, means);
}

}  // namespace hysteron::cuda
