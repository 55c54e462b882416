#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include <hysteron/model.hpp>
#include <hysteron/sequences.hpp>

namespace hysteron {

/// The values wanted from a network at every step: the read-out (the top layer's h where there is none), or that h.
enum class InferredOutputs { readout, top_layer };

/// Which states are wanted: the last one of each sequence, or the one after every step.
enum class InferredStates { last, all };

template <class Real>
struct InferenceOptions {
  std::span<const Real> initial = {};  ///< the initial states of the runs [replicas, count, states_width]; empty: zeros
  InferredOutputs outputs = InferredOutputs::readout;
  InferredStates states = InferredStates::last;
  std::ptrdiff_t budget = std::ptrdiff_t{1} << 29;  ///< bytes for the states of the sequences that run at once; those
                                                    ///< of one sequence are allocated in any case
};

/// The results of a population of networks on sequences. Past a sequence's length they are those of its last state.
template <class Real>
struct Inference {
  int replicas = 1, steps = 0, count = 0;
  int width = 0;                   ///< the network's outputs, or the units of the top layer
  std::vector<Real> outputs = {};  ///< [replicas, steps, count, width]
  int states_width = 0;            ///< layers * parts * state values of a part
  std::vector<Real> states = {};   ///< [replicas, count, states_width], or all [replicas, steps, count, states_width]:
                                   ///< layer by layer, the halves of a double layer and an LSTM's h and c side by side
};

/// Runs every replica over all sequences, a number of them at a time; how many does not affect the results. Throws a
/// data error for sequences whose features are not the model's inputs, or initial states of another size.
template <class Real>
Inference<Real> infer(Model<Real>& model, const Sequences& sequences, const InferenceOptions<Real>& options = {});

extern template Inference<float> infer(Model<float>&, const Sequences&, const InferenceOptions<float>&);
extern template Inference<double> infer(Model<double>&, const Sequences&, const InferenceOptions<double>&);

}  // namespace hysteron
