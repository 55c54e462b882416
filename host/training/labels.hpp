#pragma once
#include <hysteron/sequences.hpp>

namespace hysteron {

/// Throws a data error for the first label that is not 0 .. outputs - 1 or ignored_label. Call it before labels leave
/// the host: on a device the loss cannot throw.
void require_labels(const Sequences& sequences, int outputs);

}  // namespace hysteron
