#pragma once
#include <vector>

#include <hysteron/linear_autoencoder.hpp>

#include "autoencoder/dominant_subspace.hpp"
#include "autoencoder/stored_steps.hpp"
#include "files/safetensors.hpp"

namespace hysteron {

/// Subspace iteration with Xi^T Xi, which is never built. Let X [sequences, lags * features] be the sequences read
/// backwards, the longest first: the rows of Xi that end m steps before their sequences' ends are columns m, m + 1, ..
/// of X's first rows. Two products for each m, with one block of vectors V, give Xi^T (Xi V).
class RandomizedSolver final : public LinearAutoencoderSolver {
 public:
  RandomizedSolver(Backend& backend, const SolverOptions& options) : backend_(&backend), options_(options) {}
  RandomizedSolver(Backend& backend, const Safetensors& state);

  SolverKind kind() const override { return SolverKind::randomized; }
  void add(const Sequences& sequences) override;
  void merge(const LinearAutoencoderSolver& other) override;
  LinearAutoencoderFit solve(int components) override;
  void save(const std::filesystem::path& path) const override;
  int window() const override { return options_.window; }
  int longest() const override;
  int features() const override { return features_; }

 private:
  /// result = Xi^T Xi vectors, both [lags * features, k].
  void multiply(const std::vector<double>& mean, View<const double> vectors, View<double> result) const;
  /// Adds the contribution of the sequences in `part`, the longest first.
  void multiply_part(std::span<const std::size_t> part, const std::vector<double>& mean, View<const double> vectors,
                     View<double> result) const;
  std::vector<double> mean() const;

  Backend* backend_;
  SolverOptions options_;
  int features_ = 0;
  StoredSteps steps_;               // [steps of all sequences, features]
  std::vector<int> lengths_;        // [sequences]
  std::vector<std::size_t> first_;  // [sequences]: where each begins, in steps
};

}  // namespace hysteron
