#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <hysteron/model.hpp>
#include <hysteron/sequences.hpp>

namespace hysteron {

// Reachable multistability (Lambrechts, De Geeter, Vecoven, Ernst, Drion 2023, arXiv 2106.01001): the number of
// attractors that a network reaches from the states to which its own inputs lead.
//
//   VAA  = (1/n) sum_i 1 / #{ j : |h_i - h_j| < epsilon }              between 1/n (one attractor) and 1 (n of them)
//   VAA* = (1/n) sum_i 1 / sum_j C_ij,  C_ij = 1 - max(d_ij - epsilon, 0) / (d_ij + 1e-6),  d_ij = |tanh h_i - tanh
//   h_j|
//
// VAA* has a gradient; the gradient of d_ij at d_ij = 0 is 0 by convention, so that it is never NaN.

/// told: a tenth of the steps more, to see whether the states have settled.
enum class Settling { not_told, told };

struct MeasureOptions {
  int steps = 10000;   ///< under the constant input
  int draws = 10;      ///< of sequences, prefixes and inputs; results are averaged over them
  int sequences = 64;  ///< n
  double epsilon = 1e-4;
  Settling settling = Settling::not_told;
};

/// One entry a replica.
struct Multistability {
  std::vector<double> vaa = {}, vaa_star = {};
  /// The share of the sequences whose state, at the pace of the last tenth, stays within epsilon for as many steps
  /// again: the others move slowly, or in a cycle, and are no attractors. Empty unless asked for.
  std::vector<double> settled = {};
};

/// Runs n random sequences up to random lengths (sequences of unequal lengths: to their ends), then each layer by
/// itself under its own constant input ~ N(0, I), and counts the attractors among the last states of all layers
/// together. With fewer sequences than n, all of them are run.
template <class Real>
Multistability measure_multistability(Model<Real>& model, const Sequences& sequences,
                                      std::span<const std::uint64_t> seeds, const MeasureOptions& options);

}  // namespace hysteron
