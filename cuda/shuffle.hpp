#pragma once
#include <hysteron/operations.hpp>

#include "device.hpp"

namespace hysteron::cuda {

/// What a shuffle needs on the device. It grows when it has to.
struct ShuffleMemory {
  Workspace keys, of_sort;
};

/// ShuffleRun on a GPU: requested on the stream, not awaited.
void launch_shuffle(const ShuffleRun& run, ShuffleMemory& memory, cudaStream_t stream);

}  // namespace hysteron::cuda
