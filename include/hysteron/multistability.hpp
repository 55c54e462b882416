#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <hysteron/batches.hpp>
#include <hysteron/model.hpp>
#include <hysteron/optimizer.hpp>
#include <hysteron/unrolled.hpp>

namespace hysteron {

// Reachable multistability (Lambrechts, De Geeter, Vecoven, Ernst, Drion 2023, arXiv 2106.01001): how many attractors a
// network reaches from the states that its own inputs lead to.
//
//   VAA  = (1/n) sum_i 1 / #{ j : |h_i - h_j| < epsilon }              between 1/n (one attractor) and 1 (n of them)
//   VAA* = (1/n) sum_i 1 / sum_j C_ij,  C_ij = 1 - max(d_ij - epsilon, 0) / (d_ij + 1e-6),  d_ij = |tanh h_i - tanh
//   h_j|
//
// VAA* has a gradient, that of d_ij at d_ij = 0 being 0 by convention: it is never NaN.

struct MeasureOptions {
  int steps = 10000;   ///< under the constant input
  int draws = 10;      ///< of sequences, prefixes and inputs, averaged over
  int sequences = 64;  ///< n
  double epsilon = 1e-4;
};

/// One entry a replica.
struct Multistability {
  std::vector<double> vaa, vaa_star;
};

/// Runs n random sequences up to random lengths (sequences of unequal lengths: to their ends), then each layer alone
/// under one constant input ~ N(0, I) of its own, and counts the attractors among the last states of all layers
/// together. Fewer sequences than n: all of them.
template <class Real>
Multistability measure_multistability(Model<Real>& model, const Sequences& sequences,
                                      std::span<const std::uint64_t> seeds, const MeasureOptions& options);

struct WarmUpOptions {
  int steps = 100;     ///< gradient steps
  int sequences = 32;  ///< n
  double target = 0.95;
  double epsilon = 1e-4;
  double learning_rate = 1e-2;
  int longest = 200;  ///< constant-input steps, at most
  int ramp = 10;      ///< in gradient step s at most 1 + ramp s of them
};

/// Gradient steps that maximize the attractors that a network can reach: the loss is the mean over layers of
/// (VAA*_layer - target)^2, and its gradient flows through the constant-input run and the prefix run into every
/// parameter. Of a double layer only the first half takes part, and only its parameters change.
template <class Real>
class WarmUp {
 public:
  /// seeds: [replicas]. sequences must outlive this.
  WarmUp(Model<Real>& model, const Sequences& sequences, std::span<const std::uint64_t> seeds, WarmUpOptions options);

  /// Leaves the gradient of step s (from 0) in the model and returns each replica's loss.
  const std::vector<double>& gradient(int s);
  /// The same and a step of Adam. A replica whose loss or gradient is not finite keeps its parameters from then on.
  const std::vector<double>& step(int s);

  /// Of the last gradient: VAA* [replicas], the mean over layers.
  const std::vector<double>& vaa_star() const { return vaa_star_; }
  /// Whether each replica is still warmed up: 0 after a number that was not finite.
  const std::vector<unsigned char>& active() const { return active_; }

 private:
  void compute_gradient(int s);
  void read_losses();

  struct Layer {
    Recurrence<Real> run;  // under the constant input
    Tensor<Real> input;    // [replicas, 1, inputs]
    std::vector<View<const Real>> sources;
  };

  Model<Real>* model_;
  Operations<Real>* operations_;
  std::vector<std::uint64_t> seeds_;
  WarmUpOptions options_;
  Batches<Real> batches_;
  Unrolled<Real> prefix_;
  std::vector<Layer> layers_;
  Adam<Real> adam_;
  Tensor<int> steps_;      // [replicas, sequences]: each replica's own number of constant-input steps
  Tensor<double> values_;  // [layers, replicas]
  std::vector<double> loss_, vaa_star_;
  std::vector<unsigned char> active_;
};

extern template class WarmUp<float>;
extern template class WarmUp<double>;

}  // namespace hysteron
