#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hysteron/backend.hpp>
#include <hysteron/sequences.hpp>

namespace hysteron {

// The linear autoencoder for sequences (Sperduti 2006, 2013; Pasa & Sperduti 2014; Carta, Sperduti & Bacciu 2020, arXiv
// 2011.02886): for sequences x_1 .. x_T of f features, with the features' mean over all steps subtracted, the memory
//
//   y_t = A x_t + B y_{t-1},  y_0 = 0,      from which      x_{t-j} is decoded as A^T (B^T)^j y_t
//
// in closed form. The rows of the data matrix Xi are the reversed prefixes [x_t, x_{t-1}, .., x_1, 0, ..] of all
// sequences, cut to a window of a given number of lags. With U the p leading right singular vectors of Xi, and S the
// matrix that shifts the window by one step: A is the first f columns of U^T, and B = U^T S U. The norm of B is at most
// 1.
//
// Black steps at the end of sequences count as steps like all others.

/// The result of a fit; the memory has `components` values.
struct LinearAutoencoder {
  int features = 0, components = 0;
  std::vector<double> input_weight = {};     ///< A [components, features]
  std::vector<double> memory_weight = {};    ///< B [components, components]
  std::vector<double> mean = {};             ///< [features], subtracted from every step before it is encoded
  std::vector<double> singular_values = {};  ///< of Xi [components], largest first
};

/// A fit, and how good it is.
struct LinearAutoencoderFit {
  LinearAutoencoder autoencoder = {};
  std::vector<double> vectors = {};      ///< U^T [components, window * features], lag after lag
  std::string solver = {};               ///< "gram"
  int window = 0;                        ///< lags in a row of Xi
  std::int64_t sequences = 0, rows = 0;  ///< rows of Xi: steps of all sequences
  double total_energy = 0;               ///< the sum of the squares of Xi
  double energy = 0;                     ///< the share of it that the components retain
  /// Components that stand above the solver's accuracy: gram and randomized work with squares and resolve singular
  /// values down to 1e-7 of the largest, incremental to 1e-12. The vectors of the rest are orthonormal, and otherwise
  /// arbitrary.
  int resolved = 0;
  /// Bounds on the error of approximation, apart from rounding (0 for gram, which approximates nothing). A singular
  /// value is off by `singular_value_error` at most, and the sine of the largest angle between the subspace found and
  /// the best one is `subspace_error` at most (Davis & Kahan 1970; 1 where the bound sees no gap in the spectrum).
  double singular_value_error = 0, subspace_error = 0;
};

enum class SolverKind { gram, incremental, randomized };

std::string to_string(SolverKind kind);     ///< "gram"
SolverKind solver_named(std::string_view);  ///< throws a usage error

struct SolverOptions {
  int window = 0;        ///< lags; 0: as long as the longest sequence
  int components = 128;  ///< the most that solve() will be asked for: incremental keeps no more than these need
  /// Directions that incremental and randomized carry along in addition to the components. 0: incremental takes as many
  /// as fit in a fixed amount of memory (all of them for up to 4096 columns), at least 32; randomized takes 32.
  int oversampling = 0;
  int slice = 0;           ///< columns of Xi that incremental takes at a time; 0: as many as fit
  int most_passes = 100;   ///< over the data, by randomized
  std::uint64_t seed = 1;  ///< for randomized's first subspace
};

/// One of three ways to the same fit. Sequences arrive in any number of parts, of any lengths, on one machine or
/// several: solve() depends on which sequences were added and, except for rounding, not on how. Numbers are double.
///
///   gram         exact: one product of the sequences aligned at their ends, sums along its diagonals, eigenvectors.
///                Memory and time grow with the square of window times features, not with steps.
///   incremental  a singular value decomposition, updated with block after block of rows of Xi and truncated where Xi
///                is wide; memory grows with window times features times components. Its error is bounded.
///   randomized   subspace iteration with Xi applied step by step, never built; keeps the sequences.
class LinearAutoencoderSolver {
 public:
  virtual ~LinearAutoencoderSolver() = default;
  virtual SolverKind kind() const = 0;
  /// Throws a data error when the features differ from those of earlier sequences.
  virtual void add(const Sequences& sequences) = 0;
  /// Adds what another solver of the same kind and window has seen. Throws a usage error for one of another kind.
  virtual void merge(const LinearAutoencoderSolver& other) = 0;
  /// May be called at any time, and again. Throws a data error when there are no sequences, or none that vary; a usage
  /// error for more components than window times features.
  virtual LinearAutoencoderFit solve(int components) = 0;
  /// Everything that add and merge have built up, as a safetensors file that load_solver reads.
  virtual void save(const std::filesystem::path& path) const = 0;
  virtual int window() const = 0;  ///< as in SolverOptions
  /// Steps and features seen so far.
  virtual int longest() const = 0;
  virtual int features() const = 0;
};

/// Unsuitable options are usage errors.
std::unique_ptr<LinearAutoencoderSolver> make_solver(Backend& backend, SolverKind kind, const SolverOptions& options);
/// A solver that goes on where the saved one stopped. Anything wrong with the file is a data error.
std::unique_ptr<LinearAutoencoderSolver> load_solver(Backend& backend, const std::filesystem::path& path);

struct SolverChoice {
  SolverKind kind;
  std::string reason = {};
};
/// Chooses by size: gram while window times features is at most 16,384; then randomized while the sequences take less
/// than 4 GiB; else incremental.
SolverChoice choose_solver(std::int64_t sequences, int steps, int features, int window);

/// The encoding at each sequence's last step [count, components]: one product of the sequences, read backwards, with
/// A^T (B^T)^j stacked over the lags j. Throws a data error for sequences with other features.
std::vector<double> encode(Backend& backend, const LinearAutoencoder& autoencoder, const Sequences& sequences);
/// The encoding at every step [count, steps, components]; past a sequence's length, that of its last step.
std::vector<double> encode_steps(Backend& backend, const LinearAutoencoder& autoencoder, const Sequences& sequences);
/// The last `lags` steps that states [count, components] remember, the mean added: [count, lags, features], the last
/// step (lag 0) first.
std::vector<double> decode(Backend& backend, const LinearAutoencoder& autoencoder, std::span<const double> states,
                           int lags);

/// The errors of sequences decoded from their last states, at each lag from 0 on: means over the features of the
/// sequences that reach back that far.
struct LagErrors {
  std::vector<double> error = {};        ///< the squared difference from the sequence
  std::vector<double> variance = {};     ///< the squared difference of sequence and mean: the error without memory
  std::vector<std::int64_t> count = {};  ///< sequences
};
LagErrors error_by_lag(Backend& backend, const LinearAutoencoder& autoencoder, const Sequences& sequences);

/// The largest singular value of B.
double memory_norm(Backend& backend, const LinearAutoencoder& autoencoder);

/// The autoencoder with fewer components: the leading part of A and B, as if solve() had been asked for that many.
/// Throws a usage error for more than there are.
LinearAutoencoder leading(const LinearAutoencoder& autoencoder, int components);

/// As safetensors of float64: A, B, mean, singular_values; the metadata are the format "hysteron-laes/1" and those
/// given.
void write_autoencoder(const std::filesystem::path& path, const LinearAutoencoderFit& fit);
/// Throws data errors: a tensor that is missing, of a wrong shape, or not finite.
LinearAutoencoder read_autoencoder(const std::filesystem::path& path);

}  // namespace hysteron
