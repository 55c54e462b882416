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

// Everything that prepares networks before their first gradient: draws, which set every parameter; the linear
// autoencoder of the sequences; and the warm-up, which improves an existing network. The initializers of the program
// (initializer.hpp) are these functions, with options from its settings.
//
// seeds: [replicas]. Replica k starts, bit for bit, as a single network with its seed does. Read-outs are drawn as
// torch.nn.Linear's, U(-1/sqrt(units), 1/sqrt(units)). Each parameter has its own draws, so that a start that draws one
// of them differently leaves the others unchanged.

namespace hysteron {

/// Each cell's usual start, as in the experiments of its paper: Xavier, orthogonal or uniform draws.
template <class Real>
void draw_classic(Model<Real>& model, std::span<const std::uint64_t> seeds);

/// As classic, with every recurrent block orthogonal (Saxe, McClelland & Ganguli 2014, arXiv 1312.6120) and the biases
/// of the input half zero. A diagonal cell has no recurrent block and starts as classic. In a deep transition (lmn) the
/// path from the memory back into the intermediate layer is zero: with that path open the memory would not keep its
/// norm; with it closed it does.
template <class Real>
void draw_orthogonal(Model<Real>& model, std::span<const std::uint64_t> seeds);

struct IdentityOptions {
  double scale = 1;  ///< of the identity in the recurrent blocks
};

/// As classic, with every recurrent block the identity, scaled, and the biases zero (Le, Jaitly & Hinton 2015, arXiv
/// 1504.00941). A diagonal cell has only its own weights, which are 1 already.
template <class Real>
void draw_identity(Model<Real>& model, std::span<const std::uint64_t> seeds, const IdentityOptions& options = {});

struct ChronoOptions {
  std::int64_t time_constant = 0;  ///< the largest, T, in steps: 3 or more; the length of the sequences is usual
  Compat compat = Compat::fixed;   ///< authors: the second bias of each gate is drawn in the same way
};

/// As classic, with the gates' biases set for time constants up to T (Tallec & Ollivier 2018, arXiv 1804.11188):
/// b_f = log U(1, T - 1), b_i = -b_f, the other biases 0, for cells with a forget gate and possibly an input gate
/// (TimeGates). A second bias, where the cell has one, is 0. Throws usage errors: another cell; a time constant below
/// 3.
template <class Real>
void draw_chrono(Model<Real>& model, std::span<const std::uint64_t> seeds, const ChronoOptions& options);

/// How A and B of a linear autoencoder become a layer.
struct LayerStartOptions {
  double scale = 1;      ///< of A, and thereby of all states: small states stay where tanh is linear
  double gate_bias = 5;  ///< the bias that opens the gates of a Candidate, or closes them
};

/// Starts one layer of every replica with A and B in its first `components` units:
///
///   a linear memory with a matrix      W_xh = A, W_mh = 0, W_hm = I, W_mm = B, b_m = -A mean (lmn: Bacciu, Carta &
///                                      Sperduti 2019)
///   a candidate tanh(W x + U h + b)    W = A, U = B, b = -A mean (elman: Pasa & Sperduti 2014). The gates' own weights
///                                      are 0: their biases alone, of the size gate_bias, hold them open (Candidate)
///
/// The other units keep their parameters, except that they and the first units do not read each other; so draw
/// first. Throws usage errors: a cell that has no place for a matrix B, a double layer, more components than units, and
/// features that are not the layer's inputs.
template <class Real>
void start_from_autoencoder(Model<Real>& model, int layer, const LinearAutoencoder& autoencoder,
                            const LayerStartOptions& options = {});

/// What networks are to learn from sequences, for initializers that look at the answers.
struct Objective {
  LossKind loss = LossKind::mse;
  int validation = 0;  ///< the number of last sequences whose answers must not be looked at
};

struct AutoencoderOptions {
  int components = 0;                     ///< of each layer's memory; 0: its units
  std::vector<int> components_each = {};  ///< [replicas]: one for each instead
  int window = 0;                         ///< lags; 0: all if they fill at most 4096 columns, else as many as fill 2048
  std::vector<int> windows = {};          ///< [replicas]: one for each instead
  int samples = 0;                        ///< sequences used, each replica's own draw; 0: all
  std::optional<SolverKind> solver = std::nullopt;  ///< none: by size
  double ridge = 1e-6;                              ///< for the read-out's least squares, in mean variances of a unit
  LayerStartOptions layer = {};
  Objective objective = {};
};

/// Starts networks from linear autoencoders, in closed form (Pasa & Sperduti 2014; Carta, Sperduti & Bacciu 2020, arXiv
/// 2011.02886): the first layer from the autoencoder of the sequences, each further layer from that of the states which
/// the layer below takes in the network itself; then the read-out, by least squares on the top layer's states, where
/// the sequences have answers. Units left over by the components start as classic ones. Journal: an event "autoencoder"
/// for each layer. Throws usage errors as above, and when there are no sequences.
template <class Real>
void start_from_sequences(Model<Real>& model, const Sequences& sequences, std::span<const std::uint64_t> seeds,
                          const AutoencoderOptions& options, Journal& journal);

/// Multistability before and after a network was prepared; empty where it was not measured.
struct Prepared {
  Multistability before = {}, after = {};
};

/// Gradient steps towards as many reachable attractors as there are sequences (Lambrechts et al. 2023, arXiv
/// 2106.01001): a whole run of WarmUp (warm_up.hpp) on existing networks, drawn or loaded. Multistability is measured
/// as options.measure says. Journal: an event "warmed" after each step, a warning when a replica's numbers are no
/// longer finite (it keeps its last finite weights), and progress.
template <class Real>
Prepared warm_up(Model<Real>& model, const Sequences& sequences, std::span<const std::uint64_t> seeds,
                 const WarmUpOptions& options, Journal& journal);

}  // namespace hysteron
