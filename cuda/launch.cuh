#pragma once
#include <utility>

#include <cuda_runtime.h>

#include "require_success.hpp"

namespace hysteron::cuda {

/// Grid, block and stream of a kernel.
struct LaunchShape {
  dim3 grid, block;
  cudaStream_t stream;
};

/// Every kernel is launched here, and its launch checked.
template <typename... Parameters, typename... Arguments>
void launch(const LaunchShape& shape, void (*kernel)(Parameters...), Arguments&&... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = shape.grid;
  config.blockDim = shape.block;
  config.stream = shape.stream;
  require_success(cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...), "cudaLaunchKernelEx");
}

}  // namespace hysteron::cuda
