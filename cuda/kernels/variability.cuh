#pragma once
#include <cmath>

#include <hysteron/operations.hpp>

#include "pair_tile.cuh"
#include "rows.cuh"

namespace hysteron::cuda {

// VAA* = 1/n sum_i 1/S_i with S_i = sum_j C(d_ij), d_ij = |tanh h_i - tanh h_j| (multistability.hpp), and the gradient
// of scale (VAA* - target)^2, in three launches: tangents; the S_i; gradient and value. The distance of a pair enters
// both S_i and S_j:
//   dVAA*/d(tanh h_i) = sum_j -1/n (1/S_i^2 + 1/S_j^2) C'(d_ij) / d_ij (tanh h_i - tanh h_j)
// C' is zero up to epsilon, so no term divides by a distance of zero. The distances are computed again for the
// gradient, once for every 256 columns. Bound by reads of shared memory: 80 cycles of a multiprocessor for each column
// of 16 by 64 pairs. Predicted: 32 sequences of 256 units 35 microseconds; 4,096 of 1,024 units 35 milliseconds.

// C(d) of Lambrechts et al. 2023, arXiv 2106.01001: 1 for states closer than epsilon, near 0 for those far apart.
inline constexpr double closeness_offset = 1e-6;
__device__ inline double closeness(double distance, double epsilon) {
  return distance > epsilon ? 1 - (distance - epsilon) / (distance + closeness_offset) : 1.0;
}
__device__ inline double closeness_slope(double distance, double epsilon) {
  const double shifted = distance + closeness_offset;
  return distance > epsilon ? -(closeness_offset + epsilon) / (shifted * shifted) : 0.0;
}

template <class Real>
__global__ void tangents_of_states(View<const Real> states, View<double> tangents) {
  const Real* const from = states.first + blockIdx.z * states.replica;
  double* const to = tangents.first + blockIdx.z * tangents.replica;
  for_each_place(tangents.rows, tangents.columns, [&](std::ptrdiff_t row, std::ptrdiff_t column) {
    to[row * tangents.row + column] = std::tanh(double(from[row * states.row + column]));
  });
}

__device__ inline PairRows<double> pair_rows_of(const View<double>& tangents) {
  return {tangents.first + blockIdx.z * tangents.replica, tangents.row, int(tangents.rows), int(tangents.columns)};
}

template <class Value>
__global__ void closeness_sums(View<Value> tangents, double epsilon, double* sums) {
  sum_over_pairs(pair_rows_of(tangents), sums, [epsilon](int i, int j, double square) {
    return i == j ? 1.0 : closeness(std::sqrt(square), epsilon);
  });
}

inline constexpr int columns_of_gradient = 256;  // one column per thread

template <class Real>
__global__ void __launch_bounds__(columns_of_gradient)
    variability_gradient(VariabilityRun<Real> run, View<double> tangents, const double* sums_of_all) {
  constexpr int across = pair_columns / pairs_of_thread;
  SHARED_VARIABLE(weights, double[pair_rows][pair_columns]);
  const PairRows<double> rows = pair_rows_of(tangents);
  const double* const sums = sums_of_all + std::ptrdiff_t(blockIdx.z) * rows.count;
  const double value = mean_of_inverses(sums, rows.count);
  const int thread = int(threadIdx.y * blockDim.x + threadIdx.x);
  if (blockIdx.x == 0 && blockIdx.y == 0 && thread == 0) run.value[blockIdx.z] = value;

  const int first_row = int(blockIdx.x) * pair_rows, row = first_row + int(threadIdx.y);
  const int column = int(blockIdx.y) * columns_of_gradient + thread;
  const auto inverse_square = [sums](int i) { return 1 / (sums[i] * sums[i]); };
  double own[pair_rows], totals[pair_rows];
#pragma unroll
  for (int i = 0; i < pair_rows; ++i) own[i] = rows.value(first_row + i, column), totals[i] = 0;
  for (int first_other = 0; first_other < rows.count; first_other += pair_columns) {
    double squares[pairs_of_thread];
    squared_distances(rows, first_row, first_other, squares);  // whose barriers also follow the reads of the weights
#pragma unroll
    for (int m = 0; m < pairs_of_thread; ++m) {
      const int other = first_other + int(threadIdx.x) + m * across;
      const double distance = std::sqrt(squares[m]), slope = closeness_slope(distance, run.epsilon);
      const bool pulls = row < rows.count && other < rows.count && row != other && slope != 0 && distance != 0;
      weights[threadIdx.y][threadIdx.x + m * across] =
          pulls ? -(inverse_square(row) + inverse_square(other)) / rows.count * slope / distance : 0.0;
    }
    __syncthreads();
    const int others = rows.count - first_other < pair_columns ? rows.count - first_other : pair_columns;
    for (int at = 0; at < others; ++at) {
      const double tangent = rows.value(first_other + at, column);
#pragma unroll
      for (int i = 0; i < pair_rows; ++i) totals[i] += weights[i][at] * (own[i] - tangent);
    }
  }
  if (column >= rows.width) return;
  const double outer = 2 * run.scale * (value - run.target);
  Real* const gradient = run.gradient.first + blockIdx.z * run.gradient.replica + column;
#pragma unroll
  for (int i = 0; i < pair_rows; ++i)
    if (first_row + i < rows.count)
      gradient[(first_row + i) * run.gradient.row] = Real(outer * totals[i] * (1 - own[i] * own[i]));
}

/// Bytes of workspace that launch_variability needs.
template <class Real>
std::size_t variability_workspace(const VariabilityRun<Real>& run) {
  return sizeof(double) * std::size_t(run.states.replicas) * std::size_t(run.states.rows) *
         std::size_t(run.states.columns + 1);
}

template <class Real>
void launch_variability(const VariabilityRun<Real>& run, void* workspace, cudaStream_t stream) {
  const int replicas = run.states.replicas;
  const std::ptrdiff_t count = run.states.rows, width = run.states.columns;
  if (replicas == 0) return;
  const View<double> tangents{static_cast<double*>(workspace), replicas, count, width, count * width, width};
  double* const sums = tangents.first + replicas * count * width;
  if (count > 0) {
    launch(row_threads(replicas, count, width, stream), tangents_of_states<Real>, run.states, tangents);
    launch(pair_threads(replicas, count, 1, stream), closeness_sums<double>, tangents, run.epsilon, sums);
  }
  const std::ptrdiff_t chunks = (width + columns_of_gradient - 1) / columns_of_gradient;
  if (count > 0 && chunks > 0 && run.gradient) {
    launch(pair_threads(replicas, count, chunks, stream), variability_gradient<Real>, run, tangents, sums);
  } else {
    launch_mean_of_inverses(sums, replicas, int(count), run.value, stream);
  }
}

}  // namespace hysteron::cuda
