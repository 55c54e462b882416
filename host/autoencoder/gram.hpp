#pragma once
#include <vector>

#include <hysteron/linear_autoencoder.hpp>

#include "autoencoder/streamed_steps.hpp"

namespace hysteron {

/// The exact solver. Let X [rows, lags * features] be the sequences read backwards, one in each row, and G = X^T X. Row
/// t of a sequence in Xi is a shift of its row in X, so that Xi^T Xi is a sum along G's diagonals of blocks:
///
///   C_ij = sum over m from 0 of G_{m+i, m+j}
///
/// This is exact for unequal lengths too, since X is zero before a sequence's first step. It takes N rows instead of
/// all steps, and Xi is never built. With a window shorter than the sequences, these are cut into segments
/// (reversed_rows), and m ends at window - 1.
///
/// The mean is known only at the end. A provisional mean c is subtracted from the steps; a shift by d changes G by sums
/// over the rows of each length (LengthSums), since it enters only where there are steps.
class GramSolver final : public LinearAutoencoderSolver {
 public:
  GramSolver(Backend& backend, const SolverOptions& options) : backend_(&backend), window_(options.window) {}
  GramSolver(Backend& backend, const Safetensors& state);

  SolverKind kind() const override { return SolverKind::gram; }
  void add(const Sequences& sequences) override;
  void merge(const LinearAutoencoderSolver& other) override;
  LinearAutoencoderFit solve(int components) override;
  void save(const std::filesystem::path& path) const override;
  int window() const override { return window_; }
  int longest() const override { return steps_.longest(); }
  int features() const override { return steps_.features(); }

 private:
  void widen(int lags);
  void add_rows(const Sequences& sequences, std::span<const ReversedRow> rows, int lags);
  std::ptrdiff_t size() const { return std::ptrdiff_t(lags_) * features(); }
  View<double> gram() { return gram_.view(1, size(), size()); }

  Backend* backend_;
  int window_;    // 0: none
  int lags_ = 0;  // of X
  StreamedSteps steps_;
  LengthSums length_sums_;
  Tensor<double> gram_;  // [lags * features, lags * features], the lower half
};

}  // namespace hysteron
