#pragma once
#include <functional>
#include <vector>

#include <hysteron/linear_autoencoder.hpp>

#include "autoencoder/streamed_steps.hpp"

namespace hysteron {

/// Rows K with K^T K = Xi^T Xi - E, updated by a decomposition of [K ; more rows of Xi]: the triangle of Xi, and E is
/// 0, while a square matrix of so many columns as Xi has is small; else Lambda U^T, cut to its leading rows.
///
/// Blocks of rows that follow one another: the sequences read backwards, P [sequences, lags * features], and the same
/// moved by one step, two steps, ... Orthogonal transformations of P's rows leave Xi^T Xi as it is, so more sequences
/// than columns are first reduced to a triangle.
///
/// The mean is known only in the end. From the rows of each length their own mean is taken (the rest is what is
/// decomposed); the means of the lengths, weighted with the roots of their counts and less the mean of all, join when
/// it is known. Parts that meet leave a row for the difference of their means, as in an analysis of variance.
///
/// Of what is cut off |E| <= discarded: eigenvalues of Xi^T Xi are that much larger at most. In column slices, last
/// slice first (Pasa & Sperduti 2014), a cut is not orthogonal to the slices that follow: the bound takes 2 s d + d^2
/// for singular values s, the largest, and d, the largest cut.
class IncrementalSolver final : public LinearAutoencoderSolver {
 public:
  IncrementalSolver(Backend& backend, const SolverOptions& options);
  IncrementalSolver(Backend& backend, const Safetensors& state);

  SolverKind kind() const override { return SolverKind::incremental; }
  void add(const Sequences& sequences) override;
  void merge(const LinearAutoencoderSolver& other) override;
  LinearAutoencoderFit solve(int components) override;
  void save(const std::filesystem::path& path) const override;
  int window() const override { return options_.window; }
  int longest() const override { return steps_.longest(); }
  int features() const override { return steps_.features(); }

 private:
  /// K, and what it lacks.
  struct Kept {
    Tensor<double> rows;  // [count, columns]
    std::ptrdiff_t count = 0, columns = 0;
    double discarded = 0;
  };
  /// Writes columns from .. from + to.columns of the rows to be added.
  using Fill = std::function<void(View<double> to, std::ptrdiff_t from)>;

  static constexpr std::ptrdiff_t values_at_once = 1 << 25;  // of a block of rows, 256 MiB

  std::ptrdiff_t columns() const;  // of Xi
  std::ptrdiff_t keep() const;     // rows of K at most
  void widen(Kept& kept) const;
  void update(Kept& kept, std::ptrdiff_t rows, const Fill& fill) const;
  void reduce(Kept& kept, std::ptrdiff_t rows, const Fill& fill) const;
  void update_whole(Kept& kept, std::ptrdiff_t rows, const Fill& fill) const;
  void update_in_slices(Kept& kept, std::ptrdiff_t rows, const Fill& fill, std::ptrdiff_t slice) const;
  void cut(Kept& kept, Tensor<double> vectors, std::vector<double> values) const;
  /// All prefixes of sequences read backwards: reversed [rows, width], of `lengths`, the longest first.
  void add_prefixes(Kept& kept, View<double> reversed, std::vector<int> lengths) const;
  void add_part(const Sequences& sequences, std::span<const ReversedRow> rows);
  void add_rows(Kept& kept, const std::vector<std::pair<int, std::vector<double>>>& rows) const;
  void meet(const LengthSums& sums);
  std::ptrdiff_t rows_at_once(std::ptrdiff_t width) const;

  Backend* backend_;
  SolverOptions options_;
  StreamedSteps steps_;
  double weighted_squares_ = 0;        // of all steps, less the provisional mean, times the rows of Xi that each is in
  std::vector<double> weighted_sums_;  // [features], likewise
  double weights_ = 0;
  LengthSums length_sums_;
  Kept kept_;
};

}  // namespace hysteron
