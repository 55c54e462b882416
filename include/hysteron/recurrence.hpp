#pragma once
#include <span>
#include <vector>

#include <hysteron/backend.hpp>

namespace hysteron {

/// What a run of a layer keeps: everything that backward needs, the states, or only the last state.
enum class Keep { trajectory, states, last_state };

/// One input at each step, or one constant input for all steps and sequences of a replica.
enum class InputMode { sequence, constant };

struct Extent {
  int steps = 0, batch = 0;
};

/// The parameters of one cell of a layer, or their gradients.
template <class Real>
struct CellWeights {
  View<Real> input;      ///< weight_ih [replicas, gates * units, inputs]
  View<Real> recurrent;  ///< [replicas, (recurrent + deep lanes) * units, units]; absent for a diagonal cell
  View<Real> bias;       ///< of the input half [replicas, 1, gates * units]
  View<Real> unit;       ///< the units' own parameters [replicas, 1, lanes * units]; absent for a cell without them

  operator CellWeights<const Real>() const { return {input, recurrent, bias, unit}; }
};

/// Where gradients do not flow back through a cell's recurrent products (h-detach: Arpit et al. 2019, arXiv 1810.03023;
/// for linear memory networks Carta, Sperduti & Bacciu 2020, arXiv 2011.02886): at these steps, the gradient of the
/// first `lanes` of these products with respect to the state that they read is taken as 0. The gradients of their
/// weights are unchanged, and so is what reaches that state along other paths.
struct Detachment {
  int lanes = 0;                     ///< of the cell's Recurrent record
  std::vector<unsigned char> steps;  ///< [replicas, steps] of the run: 1 where gradients are detached
};

/// One cell over time. forward fills a trajectory; backward turns gradients on states, entering at any step, into
/// gradients of the parameters, of what it read, and of the initial state
/// (docs/algorithms.md#back-propagation-through-time).
///
/// Its input comes as column blocks ("sources"): one, or the outputs of the two halves of a double layer below. All
/// rows are step * batch + sequence. Memory for the largest extent is allocated at construction, none during a run.
template <class Real>
class Recurrence {
 public:
  struct Size {
    int replicas = 1, units = 1, inputs = 1;
    Extent largest;
  };

  Recurrence(Backend& backend, const CellInfo& cell, Size size, Keep keep, InputMode mode);

  /// sources: each [replicas, steps * batch, columns], columns adding up to the inputs; constant mode: [replicas, 1,
  /// ..]. lengths: [replicas, batch] in the backend's memory, or null. initial: [replicas, batch, state lanes * units];
  /// absent: zeros.
  void forward(const CellWeights<const Real>& weights, std::span<const View<const Real>> sources, Extent extent,
               const int* lengths, View<const Real> initial);

  /// The first value of every unit after each step [replicas, steps * batch, units], which the layer above reads. Not
  /// with Keep::last_state.
  View<Real> outputs();
  /// The whole state after each step [replicas, steps * batch, state lanes * units]. Not with Keep::last_state.
  View<Real> states();
  /// Each sequence's own last state [replicas, batch, state lanes * units], an LSTM's h and c side by side.
  View<Real> last_state();

  /// Clears the gradients of the previous run. Call it after forward, before gradients are put in.
  void clear_gradients();
  /// Where gradients of outputs() are added [replicas, steps * batch, units].
  View<Real> output_gradient();
  /// Where gradients of last_state() are added [replicas, batch, state lanes * units]. After backward: the gradient of
  /// the initial state.
  View<Real> last_state_gradient();
  /// Until clear_gradients, backward detaches and goes one step at a time, which is slower. The input must be a
  /// sequence.
  void detach(Detachment detachment);
  /// Keeps dloss/dstate at every state, from the next backward on.
  void keep_state_gradients();
  /// dloss/dstate, that of the initial state first [replicas, (steps + 1) * batch, state lanes * units].
  View<Real> state_gradients();

  /// Adds to `gradients`, and to source_gradients where these are not empty. The sources must be those of forward.
  void backward(const CellWeights<const Real>& weights, std::span<const View<const Real>> sources,
                const CellWeights<Real>& gradients, std::span<const View<Real>> source_gradients);

  const CellInfo& cell() const { return *cell_; }
  int units() const { return size_.units; }

 private:
  LayerRun<Real> run(const CellWeights<const Real>& weights);
  void backward_by_steps(LayerRun<Real> run, const LayerGradient<Real>& gradient,
                         const CellWeights<const Real>& weights, View<Real> unit_gradient);
  const int* lengths_of_steps();
  Lanes<Real> lanes(Tensor<Real>& tensor, int count, int kept_steps) const;
  std::ptrdiff_t rows() const { return std::ptrdiff_t(extent_.steps) * extent_.batch; }
  View<Real> matrix(Tensor<Real>& tensor, std::ptrdiff_t rows, int lanes) const {
    return tensor.view(size_.replicas, rows, std::ptrdiff_t(lanes) * size_.units);
  }

  Backend* backend_;
  Operations<Real>* operations_;
  const CellInfo* cell_;
  Size size_;
  Keep keep_;
  InputMode mode_;
  Extent extent_;  // of the present run
  const int* lengths_ = nullptr;
  bool entering_used_ = false;

  Tensor<Real> input_;           // [replicas, steps * batch or 1, gates * units]: the input half
  Tensor<Real> states_;          // [replicas, (steps + 1 or 1) * batch, state lanes * units]
  Tensor<Real> intermediates_;   // [replicas, (steps or 1) * batch, lanes * units]
  Tensor<Real> saved_;           // likewise
  Tensor<Real> entering_;        // [replicas, steps * batch, state lanes * units]
  Tensor<Real> state_gradient_;  // [replicas, batch, state lanes * units]
  Tensor<Real> totals_;          // [replicas, (steps + 1) * batch, state lanes * units]
  Tensor<Real> input_gradient_, recurrent_gradient_, deep_gradient_;  // [replicas, steps * batch, lanes * units]
  Tensor<Real> unit_gradient_;                                        // [replicas, batch, lanes * units]
  Tensor<Real> input_sum_;                                            // [replicas, 1, gates * units]: constant input

  Detachment detachment_;
  Tensor<Real> detached_weights_;  // [replicas, (recurrent + deep) * units, units]
  Tensor<int> step_lengths_;       // [steps, replicas, batch]: 1 where a sequence has the step
};

extern template class Recurrence<float>;
extern template class Recurrence<double>;

}  // namespace hysteron
