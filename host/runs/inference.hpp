#pragma once
#include <cstddef>
#include <vector>

#include <hysteron/model.hpp>
#include <hysteron/sequences.hpp>

namespace hysteron {

/// What a network gives for sequences. Past a sequence's length: what its last state gives.
template <class Real>
struct Inference {
  int width = 0;              ///< of the read-out; without one, the units of the top layer
  std::vector<Real> outputs;  ///< [steps, count, width]: the read-out, or the top layer's h
  int states_width = 0;       ///< layers * parts * state lanes * part units
  std::vector<Real> states;   ///< [count, states_width]: the last ones, layer by layer, an LSTM's h and c side by side
};

/// Runs one network, slice of the batch by slice, so that a slice's trajectories take `budget` bytes, or are those of
/// one sequence. initial: [count, states_width]; empty: zeros.
template <class Real>
Inference<Real> infer(Model<Real>& model, const Sequences& sequences, const std::vector<Real>& initial,
                      std::ptrdiff_t budget = std::ptrdiff_t{1} << 29);

}  // namespace hysteron
