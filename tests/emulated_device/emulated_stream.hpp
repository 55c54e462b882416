#pragma once
#include <functional>

#include "cuda_runtime_api.h"

namespace hysteron::cuda_emulator {

/// Puts work at the end of a stream. It is done when somebody waits, no earlier: a host that reads a result too soon,
/// or changes too soon what a copy reads, gives wrong numbers. While the stream is captured it becomes part of a graph.
void enqueue(cudaStream_t stream, std::function<void()> work);

}  // namespace hysteron::cuda_emulator
