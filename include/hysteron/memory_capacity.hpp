#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/model.hpp>
#include <hysteron/sequences.hpp>

namespace hysteron {

/// Something that sequences drive from state to state, step by step: a population of networks, or a linear memory.
class StateSource {
 public:
  virtual ~StateSource() = default;
  virtual int replicas() const = 0;
  virtual int width() const = 0;  ///< values of a state
  /// The most sequences that run() takes at once.
  virtual int largest() const = 0;
  /// Runs the sequences with these numbers from a state of zeros. After every step, even past a sequence's end, noise
  /// of N(0, deviation^2) is added to every value of the state (deviation: [replicas]; empty: none), and visit is
  /// called with the states [replicas, sequences, width] that the next step begins with. The noise of a sequence
  /// depends only on its number, the replica and the seed.
  using Visit = std::function<void(int step, std::span<const double> states)>;
  virtual void run(std::span<const int> sequences, std::span<const double> deviation, std::uint64_t seed,
                   const Visit& visit) = 0;
};

/// The states of all layers of every network side by side, with an LSTM's h and c. The model and the sequences must
/// outlive it.
template <class Real>
std::unique_ptr<StateSource> network_states(Model<Real>& model, const Sequences& sequences);
/// y_t of a linear autoencoder. All arguments must outlive it. Throws a data error for sequences with other features.
std::unique_ptr<StateSource> autoencoder_states(Backend& backend, const LinearAutoencoder& autoencoder,
                                                const Sequences& sequences);

/// After which steps the inputs so far are decoded from the state: after a sequence's own last step, as many inputs as
/// it has; or after each step from the lags-th on, all lags.
enum class AskedAfter { last_step, every_step };

struct MemoryOptions {
  AskedAfter asked = AskedAfter::last_step;
  int lags = 0;             ///< lag 0 is the latest input; 0: as many as the longest sequence has steps
  double test_share = 0.2;  ///< the last of the sequences, which no decoder has seen, one at least
  /// The decoders' ridge, in units of the states' mean variance; none: each lag has its own, the strongest whose error
  /// is at most 1 % above the best on every fifth state of the first sequences, with decoders made from the others.
  std::optional<double> ridge = std::nullopt;
  /// The noise of every value of a state after every step, in units of the root of the states' mean variance without
  /// noise.
  double noise = 0;
  std::uint64_t seed = 1;  ///< of the noise
};

/// How much of past inputs the best linear decoders read from the states of one replica. A decoder of the input j steps
/// ago is affine, x~_{t-j} = D_j s_t + d_j, and found by ridge regression over the first sequences; everything here is
/// measured on the others. Means are over the features and over those states whose input exists.
///
/// capacity is the memory capacity of Jaeger ("Short term memory in echo state networks", GMD report 152, 2001), as the
/// sum of the capacities of Dambre, Verstraeten, Schrauwen, Massar ("Information processing capacity of dynamical
/// systems", Scientific Reports 2:514, 2012) for the linear functions of single inputs:
///
///     C = sum over lags j and features i of max(0, 1 - error_ij / variance_ij).
///
/// With inputs that are independent and identically distributed C is at most the number of values in a state; inputs
/// that depend on each other may be guessed from one another, and C may be larger. State noise limits linear networks
/// (White, Lee, Sompolinsky, "Short-term memory in orthogonal neural networks", PRL 92:148102, 2004).
struct MemoryCapacity {
  std::vector<double> error = {};        ///< [lags]: mean squared error of what is decoded
  std::vector<double> variance = {};     ///< [lags]: the error of always answering with the training inputs' mean
  std::vector<double> capacities = {};   ///< [lags]: the terms of C, summed over the features
  std::vector<std::int64_t> count = {};  ///< [lags]: held-out states
  double capacity = 0;                   ///< C
  /// How much of whole sequences is recovered: 1 - (sum of all squared errors) / (sum of all squared differences from
  /// the means), over all lags. 1: everything, 0: nothing.
  double restitution = 0;
};

/// One result for each of [replicas]. Lags that no held-out state, or no training state, reaches are left out. Throws a
/// usage error for options out of range; data errors: fewer than two sequences, none long enough for any lag; and a
/// numeric error for states that are not finite.
std::vector<MemoryCapacity> measure_memory(Backend& backend, StateSource& source, const Sequences& sequences,
                                           const MemoryOptions& options);

}  // namespace hysteron
