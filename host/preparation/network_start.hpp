#pragma once
#include <hysteron/prepare.hpp>

namespace hysteron {

/// Throws a usage error unless layers of this shape can start from a linear autoencoder: a cell with a place for B, a
/// matrix that takes the state from the one before, and a stack.
void expect_autoencoder_fits(const ModelShape& shape);

}  // namespace hysteron
