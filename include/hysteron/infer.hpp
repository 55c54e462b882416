#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include <hysteron/model.hpp>
#include <hysteron/sequences.hpp>

namespace hysteron {

/// What a network is asked for at every step: the read-out (the top layer's h where there is none), or that h.
enum class InferredOutputs { readout, top_layer };

/// Which states are wanted: the last one of each sequence, or the one after every step.
enum class InferredStates { last, all };

template <class Real>
struct InferenceOptions {
  std::span<const Real> initial =
      {};  ///< the states that runs begin with [replicas, count, states_width]; empty: zeros
  InferredOutputs outputs = InferredOutputs::readout;
  InferredStates states = InferredStates::last;
  std::ptrdiff_t budget = std::ptrdiff_t{1} << 29;  ///< bytes for the states of the sequences that run at once; those
                                                    ///< of one sequence are taken in any case
};

/// What a population of networks makes of sequences. Past a sequence's length: what its last state gives.
template <class Real>
struct Inference {
  int replicas = 1, steps = 0, count = 0;
  int width = 0;                   ///< the network's outputs, or the units of the top layer
  std::vector<Real> outputs = {};  ///< [replicas, steps, count, width]
  int states_width = 0;            ///< layers * parts * state values of a part
  std::vector<Real> states = {};   ///< [replicas, count, states_width], or all [replicas, steps, count, states_width]:
                                   ///< layer by layer, the halves of a double layer and an LSTM's h and c side by side
};

/// Runs every replica over all sequences, some of them at a time; how many makes no difference to the results. Throws a
/// data error for sequences of other features than the model's inputs, or initial states of another size.
template <class Real>
Inference<Real> infer(Model<Real>& model, const Sequences& sequences, const InferenceOptions<Real>& options = {});

extern template Inference<float> infer(Model<float>&, const Sequences&, const InferenceOptions<float>&);
extern template Inference<double> infer(Model<double>&, const Sequences&, const InferenceOptions<double>&);

}  // namespace hysteron
