#pragma once
#include <hysteron/operations.hpp>

#include "pair_tile.cuh"

namespace hysteron::cuda {

// VAA (multistability.hpp): the mean over the sequences of 1 / #{ j : |h_i - h_j| < epsilon }, in two launches. A state
// that contains a not-a-number is close only to itself.

template <class Real>
__global__ void attractor_neighbors(View<const Real> states, double epsilon, double* neighbors) {
  const PairRows<Real> rows{states.first + blockIdx.z * states.replica, states.row, int(states.rows),
                            int(states.columns)};
  sum_over_pairs(rows, neighbors, [square_of_epsilon = epsilon * epsilon](int i, int j, double square) {
    return i == j || square < square_of_epsilon ? 1.0 : 0.0;
  });
}

/// Bytes of workspace that launch_attractors needs.
template <class Real>
std::size_t attractors_workspace(const View<const Real>& states) {
  return sizeof(double) * std::size_t(states.replicas) * std::size_t(states.rows);
}

/// vaa: [replicas]. states: [replicas, sequences, width].
template <class Real>
void launch_attractors(View<const Real> states, double epsilon, double* vaa, void* workspace, cudaStream_t stream) {
  if (states.replicas == 0) return;
  auto* const neighbors = static_cast<double*>(workspace);
  if (states.rows > 0)
    launch(pair_threads(states.replicas, states.rows, 1, stream), attractor_neighbors<Real>, states, epsilon,
           neighbors);
  launch_mean_of_inverses(neighbors, states.replicas, int(states.rows), vaa, stream);
}

}  // namespace hysteron::cuda
