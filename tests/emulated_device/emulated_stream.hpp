#pragma once
#include <functional>

#include "cuda_runtime_api.h"

namespace hysteron::cuda_emulator {

/// Puts work at the end of a stream. It is done when somebody waits, and no earlier: a host that reads a result too
/// soon, or changes the source of a copy too soon, gives wrong numbers. While the stream is being captured the work
/// becomes part of a graph.
void enqueue(cudaStream_t stream, std::function<void()> work);

}  // namespace hysteron::cuda_emulator
