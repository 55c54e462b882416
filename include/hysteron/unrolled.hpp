#pragma once
#include <vector>

#include <hysteron/model.hpp>

namespace hysteron {

/// A model unrolled over time, with memory for the largest extent on which it will run.
template <class Real>
class Unrolled {
 public:
  /// read_steps: how many of the last steps the read-out reads (1: the last state of each sequence). Inference keeps
  /// the states (Keep::states), training the trajectory.
  Unrolled(Model<Real>& model, Extent largest, int read_steps, Keep keep);

  /// inputs: [replicas, steps * batch, inputs], row step * batch + sequence; must live until after backward.
  /// lengths: [replicas, batch] in the backend's memory, or null. initial: [replicas, batch, layers * units * state
  /// lanes], an LSTM's h and c side by side, then layer by layer; absent: zeros.
  void forward(View<const Real> inputs, Extent extent, const int* lengths, View<const Real> initial = {});

  int read_steps() const { return read_steps_; }
  /// The read-out's outputs [replicas, read_steps * batch, outputs].
  View<Real> outputs();
  View<Real> output_gradient();
  /// The last states of one part of one layer [replicas, batch, state lanes * part units].
  View<Real> last_state(int layer, int part) { return at(layer, part).last_state(); }
  /// A copy of all of a network's last states, layer by layer, side by side [replicas, batch, width].
  View<Real> last_states();
  int states_width() const { return model_->states_width(); }

  /// Call this before gradients are put into output_gradient and last_state_gradient.
  void clear_gradients();
  View<Real> last_state_gradient(int layer, int part) { return at(layer, part).last_state_gradient(); }
  /// Adds to the model's gradients; with Readout::used also those that come from output_gradient.
  enum class Readout { used, unused };
  void backward(Readout readout);

  Recurrence<Real>& at(int layer, int part) { return layers_[index(layer, part)]; }
  Extent extent() const { return extent_; }

 private:
  std::size_t index(int layer, int part) const {
    return static_cast<std::size_t>(layer) * static_cast<std::size_t>(model_->parts()) + static_cast<std::size_t>(part);
  }
  /// What a layer reads: the inputs, or the outputs of each part of the layer below.
  std::vector<View<const Real>> sources(int layer);
  /// The rows of a part's outputs that the read-out reads.
  View<Real> read_rows(View<Real> rows) const;

  Model<Real>* model_;
  Operations<Real>* operations_;
  int read_steps_;
  Extent extent_;
  View<const Real> inputs_;
  std::vector<Recurrence<Real>> layers_;    // [layers * parts]
  Tensor<Real> outputs_, output_gradient_;  // [replicas, read_steps * batch, outputs]
  Tensor<Real> states_;                     // [replicas, batch, states_width]
};

extern template class Unrolled<float>;
extern template class Unrolled<double>;

}  // namespace hysteron
