#pragma once
#include <cstdint>
#include <optional>

#include <hysteron/initializer.hpp>
#include <hysteron/linear_autoencoder.hpp>

namespace hysteron {

struct NetworkFitOptions {
  int components = 0;                ///< of each layer; 0: its units
  int window = 0;                    ///< lags; 0: all while they fill 4096 columns at most, else as many as fill 2048
  int samples = 0;                   ///< sequences that are looked at; 0: all
  std::optional<SolverKind> solver;  ///< none: by size
  double scale = 1;
  double gate_bias = 5;
  double ridge = 1e-6;
  std::uint64_t seed = 1;  ///< of the sample, and of what is left to chance
};

/// Whether anything in a network came from random numbers, that is from NetworkFitOptions::seed.
enum class Chance { none, drawn };

/// Starts one network (a model of one replica) from linear autoencoders: the first layer from that of the sequences,
/// each other one from that of the states of the layer below, as the network itself has them; then the read-out, by
/// least squares on the top layer's states, where there are answers. Units that the components leave over start as
/// classic ones. owner: whose sequences, where each replica has its own.
template <class Real>
Chance fit_network(Model<Real>& model, const Sequences& sequences, int owner, const Question& question,
                   const NetworkFitOptions& options, Journal& journal);

}  // namespace hysteron
