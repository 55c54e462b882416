#pragma once
#include <hysteron/prepare.hpp>

namespace hysteron {

/// Throws a usage error unless layers of this shape can start from a linear autoencoder. This needs a cell with a place
/// for B, that is, a matrix that computes the state from the previous one, and a stack.
void expect_autoencoder_fits(const ModelShape& shape);

}  // namespace hysteron
