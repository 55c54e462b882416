#pragma once
#include <hysteron/operations.hpp>

#include "device.hpp"

namespace hysteron::cuda {

/// ShuffleRun on a GPU. The workspace grows when it has to.
void launch_shuffle(const ShuffleRun& run, Workspace& workspace, cudaStream_t stream);

}  // namespace hysteron::cuda
