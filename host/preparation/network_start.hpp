#pragma once
#include <string_view>

#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/model.hpp>

namespace hysteron {

/// How a cell whose candidate tanh(W x + U h + b) becomes its state, once the gates are open, takes A and B into that
/// candidate: W = A, U = B, b = -A mean. The gates' own weights are 0, so that their biases alone open them.
struct OpenCell {
  std::string_view cell;
  char candidate;           ///< letter of the block in weight_ih (Layout::gates)
  std::string_view opened;  ///< gates with a positive bias: near 1
  std::string_view closed;  ///< with a negative one: near 0
};

/// Throws a usage error for a cell that no matrix B fits into.
const OpenCell& open_cell(std::string_view cell);

/// Starts one layer of every replica with A and B in its first `components` units:
///
///   lmn              W_xh = A, W_mh = 0, W_hm = I, W_mm = B, b_m = -A mean (Bacciu, Carta & Sperduti 2019)
///   elman            W_ih = A, W_hh = B, bias -A mean (Pasa & Sperduti 2014)
///   gru, mgu, lstm   as elman, in the candidate of OpenCell
///
/// scale multiplies A, and with it all states: small ones stay where tanh is a line. The other units keep their
/// parameters, but that they and the first ones do not read each other.
template <class Real>
void start_layer(Model<Real>& model, int layer, const LinearAutoencoder& autoencoder, double scale, double gate_bias);

}  // namespace hysteron
