#pragma once
#include <string_view>

#include <hysteron/prepare.hpp>

namespace hysteron {

/// How a cell whose candidate tanh(W x + U h + b) becomes its state, once the gates are open, takes A and B into that
/// candidate: W = A, U = B, b = -A mean. The gates' own weights are 0, so that their biases alone open them. A linear
/// memory (lmn) takes them so: W_xh = A, W_mh = 0, W_hm = I, W_mm = B, b_m = -A mean.
struct OpenCell {
  std::string_view cell;
  char candidate;           ///< letter of the block in weight_ih (Layout::gates)
  std::string_view opened;  ///< gates with a positive bias: near 1
  std::string_view closed;  ///< with a negative one: near 0
};

/// Throws a usage error for a cell that no matrix B fits into.
const OpenCell& open_cell(std::string_view cell);

/// Throws a usage error unless layers of this shape can start from a linear autoencoder: open_cell, and a stack.
void expect_autoencoder_fits(const ModelShape& shape);

}  // namespace hysteron
