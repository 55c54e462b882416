#pragma once
#include <hysteron/sequences.hpp>

namespace hysteron {

/// Throws a data error for the first label that is not 0 .. outputs - 1. Asked before labels leave the host: the loss
/// of a backend that computes elsewhere cannot throw.
void require_labels(const Sequences& sequences, int outputs);

}  // namespace hysteron
