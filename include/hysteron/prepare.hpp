#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <hysteron/compat.hpp>
#include <hysteron/journal.hpp>
#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/model.hpp>
#include <hysteron/multistability.hpp>
#include <hysteron/sequences.hpp>
#include <hysteron/warm_up.hpp>

// All that makes networks ready before their first gradient: draws, which set every parameter; the linear autoencoder
// of the sequences; the warm-up, which improves a network that is there. The initializers of the program
// (initializer.hpp) are these functions, with options from its settings.
//
// seeds: [replicas]. Replica k starts, bit for bit, as a single network of its seed does. Read-outs are drawn as
// torch.nn.Linear's, U(-1/sqrt(units), 1/sqrt(units)). Each parameter has draws of its own, so that a start that draws
// one of them otherwise leaves the others as they were.

namespace hysteron {

/// Each cell's usual start, that of the papers' own experiments: Xavier, orthogonal or uniform draws.
template <class Real>
void draw_classic(Model<Real>& model, std::span<const std::uint64_t> seeds);

/// As classic, with every recurrent block orthogonal (Saxe, McClelland & Ganguli 2014, arXiv 1312.6120) and the biases
/// of the input half zero. A diagonal cell has no recurrent block and starts as classic. Of a deep transition (lmn) the
/// way from the memory back into the intermediate layer is zero: beside it the memory would not keep its norm, with it
/// closed it does.
template <class Real>
void draw_orthogonal(Model<Real>& model, std::span<const std::uint64_t> seeds);

struct IdentityOptions {
  double scale = 1;  ///< of the identity in the recurrent blocks
};

/// As classic, with every recurrent block the identity, scaled, and the biases zero (Le, Jaitly & Hinton 2015, arXiv
/// 1504.00941). A diagonal cell has its own weights, which are 1 already.
template <class Real>
void draw_identity(Model<Real>& model, std::span<const std::uint64_t> seeds, const IdentityOptions& options = {});

struct ChronoOptions {
  std::int64_t time_constant = 0;  ///< the largest, T, in steps: 3 or more; the length of the sequences is usual
  Compat compat = Compat::fixed;   ///< authors: the second bias of each gate is drawn likewise
};

/// As classic, with the gates' biases set for time constants up to T (Tallec & Ollivier 2018, arXiv 1804.11188):
/// b_f = log U(1, T - 1), b_i = -b_f, the other biases 0, for cells with a forget gate, and an input gate or none
/// (TimeGates). Where the cell has a second bias it is 0. Throws usage errors: another cell; a time constant below 3.
template <class Real>
void draw_chrono(Model<Real>& model, std::span<const std::uint64_t> seeds, const ChronoOptions& options);

/// How A and B of a linear autoencoder become a layer.
struct LayerStartOptions {
  double scale = 1;      ///< of A, and with it of all states: small ones stay where tanh is a line
  double gate_bias = 5;  ///< that opens the gates of a Candidate, or closes them
};

/// Starts one layer of every replica with A and B in its first `components` units:
///
///   a linear memory with a matrix      W_xh = A, W_mh = 0, W_hm = I, W_mm = B, b_m = -A mean (lmn: Bacciu, Carta &
///                                      Sperduti 2019)
///   a candidate tanh(W x + U h + b)    W = A, U = B, b = -A mean (elman: Pasa & Sperduti 2014). The gates' own weights
///                                      are 0: their biases alone, of the size gate_bias, hold them open (Candidate)
///
/// The other units keep their parameters, but that they and the first ones do not read each other. So
/// draw first. Throws usage errors: a cell that no matrix B fits into, a double layer, more components than units, and
/// features that are not the layer's inputs.
template <class Real>
void start_from_autoencoder(Model<Real>& model, int layer, const LinearAutoencoder& autoencoder,
                            const LayerStartOptions& options = {});

/// What networks are to learn from sequences, for starts that look at the answers.
struct Objective {
  LossKind loss = LossKind::mse;
  int validation = 0;  ///< the last of the sequences, whose answers are not to be looked at
};

struct AutoencoderOptions {
  int components = 0;                     ///< of each layer's memory; 0: its units
  std::vector<int> components_each = {};  ///< [replicas]: one for each instead
  int window = 0;                 ///< lags; 0: all while they fill 4096 columns at most, else as many as fill 2048
  std::vector<int> windows = {};  ///< [replicas]: one for each instead
  int samples = 0;                ///< sequences that are looked at, each replica's own draw; 0: all
  std::optional<SolverKind> solver = std::nullopt;  ///< none: by size
  double ridge = 1e-6;                              ///< of the read-out's least squares, in mean variances of a unit
  LayerStartOptions layer = {};
  Objective objective = {};
};

/// Starts networks from linear autoencoders, in closed form (Pasa & Sperduti 2014; Carta, Sperduti & Bacciu 2020, arXiv
/// 2011.02886): the first layer from that of the sequences, each other one from that of the states of the layer below,
/// as the network itself has them; then the read-out, by least squares on the top layer's states, where the sequences
/// have answers. Units that the components leave over start as classic ones. Journal: an event "autoencoder" for each
/// layer. Throws usage errors as above, and where there are no sequences.
template <class Real>
void start_from_sequences(Model<Real>& model, const Sequences& sequences, std::span<const std::uint64_t> seeds,
                          const AutoencoderOptions& options, Journal& journal);

/// Multistability before and after what made a network ready; empty where it was not measured.
struct Prepared {
  Multistability before = {}, after = {};
};

/// Gradient steps towards as many reachable attractors as there are sequences (Lambrechts et al. 2023, arXiv
/// 2106.01001): the whole run of a WarmUp (warm_up.hpp), of networks that are there, drawn or loaded. Multistability is
/// measured as options.measure says. Journal: an event "warmed" after each step, a warning when a replica's numbers are
/// no longer finite (it keeps its last finite weights), progress.
template <class Real>
Prepared warm_up(Model<Real>& model, const Sequences& sequences, std::span<const std::uint64_t> seeds,
                 const WarmUpOptions& options, Journal& journal);

}  // namespace hysteron
