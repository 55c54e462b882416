#pragma once
#include <functional>
#include <vector>

#include <hysteron/linear_autoencoder.hpp>

#include "autoencoder/streamed_steps.hpp"

namespace hysteron {

/// Keeps rows K with K^T K = Xi^T Xi - E, updated by a decomposition of [K ; more rows of Xi]. While a square matrix
/// with as many columns as Xi is small, K is the triangle of Xi, and E is 0; otherwise K is Lambda U^T, cut to its
/// leading rows.
///
/// The blocks of rows are, one after the other, the sequences read backwards, P [sequences, lags * features], and P
/// moved by one step, two steps, ... Orthogonal transformations of P's rows leave Xi^T Xi as it is, so more sequences
/// than columns are first reduced to a triangle.
///
/// The mean is known only at the end. The rows of each length have their own mean subtracted before they are
/// decomposed; the means of the lengths, less the mean of all and weighted with the roots of their counts, are added
/// once it is known. Two parts that are joined leave a row for the difference of their means, as in an analysis of
/// variance.
///
/// For what is cut off, |E| <= discarded: eigenvalues of Xi^T Xi are larger by at most that much. In column slices,
/// last slice first (Pasa & Sperduti 2014), a cut is not orthogonal to the slices that follow: the bound then takes
/// 2 s d + d^2, where s is the largest singular value and d the largest that is cut.
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
  /// K, and a bound on what it lacks.
  struct Kept {
    Tensor<double> rows;  // [count, columns]
    std::ptrdiff_t count = 0, columns = 0;
    double discarded = 0;
  };
  /// Writes columns from .. from + to.columns of the rows to be added.
  using Fill = std::function<void(View<double> to, std::ptrdiff_t from)>;

  static constexpr std::ptrdiff_t values_at_once = 1 << 25;  // of a block of rows, 256 MiB

  std::ptrdiff_t columns() const;  // of Xi
  std::ptrdiff_t keep() const;     // the most rows of K
  void widen(Kept& kept) const;
  void update(Kept& kept, std::ptrdiff_t rows, const Fill& fill) const;
  void reduce(Kept& kept, std::ptrdiff_t rows, const Fill& fill) const;
  void update_whole(Kept& kept, std::ptrdiff_t rows, const Fill& fill) const;
  void update_in_slices(Kept& kept, std::ptrdiff_t rows, const Fill& fill, std::ptrdiff_t slice) const;
  void cut(Kept& kept, Tensor<double> vectors, std::vector<double> values) const;
  /// Adds all prefixes of sequences read backwards: reversed [rows, width], of `lengths`, the longest first.
  void add_prefixes(Kept& kept, View<double> reversed, std::vector<int> lengths) const;
  void add_part(const Sequences& sequences, std::span<const ReversedRow> rows);
  void add_rows(Kept& kept, const std::vector<std::pair<int, std::vector<double>>>& rows) const;
  void meet(const LengthSums& sums);
  std::ptrdiff_t rows_at_once(std::ptrdiff_t width) const;

  Backend* backend_;
  SolverOptions options_;
  StreamedSteps steps_;
  double weighted_squares_ = 0;        // over all steps, less the provisional mean, times the rows of Xi with that step
  std::vector<double> weighted_sums_;  // [features], likewise
  double weights_ = 0;
  LengthSums length_sums_;
  Kept kept_;
};

}  // namespace hysteron
