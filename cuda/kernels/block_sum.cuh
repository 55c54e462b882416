#pragma once
#include <kernel_language.cuh>

namespace hysteron::cuda {

// Sums over threads in a fixed order: lanes by halves, then warps one after the other.

/// The same result for all lanes of a group of `lanes` neighbors, a power of two up to 32. Called by the whole warp.
template <class Value>
__device__ inline Value warp_sum(Value value, int lanes = 32) {
  for (int distance = lanes / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(~0U, value, distance);
  return value;
}

/// The same result for all threads of the block, which must consist of whole warps.
template <class Value>
__device__ inline Value block_sum(Value value) {
  SHARED_VARIABLE(of_warp, Value[32]);
  const unsigned thread = threadIdx.y * blockDim.x + threadIdx.x, warps = blockDim.x * blockDim.y / 32;
  const Value own = warp_sum(value);
  if (thread % 32 == 0) of_warp[thread / 32] = own;
  __syncthreads();
  Value sum = 0;
  for (unsigned warp = 0; warp < warps; ++warp) sum += of_warp[warp];
  __syncthreads();  // all threads have read: the next sum may be written
  return sum;
}

}  // namespace hysteron::cuda
