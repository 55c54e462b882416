#pragma once
#include <string>
#include <type_traits>
#include <utility>

#include <cuda_runtime.h>

#include "../require_success.hpp"

// The few things that kernels express differently for nvcc and for the emulator of the tests, which has its own file of
// this name: the include path chooses. Kernels include this header instead of CUDA's.

/// Declares `name` with the given type as shared memory of the block, in a function, aligned for 16-byte accesses:
/// SHARED_VARIABLE(tile, float[8][9]);
#define SHARED_VARIABLE(name, ...) __shared__ __align__(16)::std::type_identity_t<__VA_ARGS__> name

namespace hysteron::cuda {

/// Thread-block clusters, their mbarriers and stores between their blocks: compute capability 9.0 and later. Code
/// compiled for earlier devices traps there: the dispatcher never launches it.
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
inline constexpr bool has_clusters = true;
#else
inline constexpr bool has_clusters = false;
#endif

/// The block's dynamic shared memory, as any type.
template <class T>
__device__ __forceinline__ T* dynamic_shared() {
  extern __shared__ __align__(128) unsigned char dynamic_shared_bytes[];
  return reinterpret_cast<T*>(dynamic_shared_bytes);
}

/// Takes arrays one after the other, aligned to 16 bytes, from the dynamic shared memory.
class SharedCarver {
 public:
  __device__ __forceinline__ SharedCarver() : next_(dynamic_shared<unsigned char>()) {}
  template <class T>
  __device__ __forceinline__ T* take(int count) {
    T* const taken = reinterpret_cast<T*>(next_);
    next_ += (count * sizeof(T) + 15) / 16 * 16;
    return taken;
  }

 private:
  unsigned char* next_;
};

/// The shape of one launch. cluster: blocks per cluster; cooperative: all blocks are resident together.
struct LaunchShape {
  dim3 grid{}, block{};
  unsigned shared_bytes = 0;  ///< dynamic shared memory of each block
  dim3 cluster{};
  bool cooperative = false;
  cudaStream_t stream = nullptr;

  unsigned cluster_blocks() const { return cluster.x * cluster.y * cluster.z; }
};

/// Rows and replicas are along y and z, where the hardware allows no more than this.
inline void require_countable(const dim3& grid) {
  constexpr unsigned most = 65535;
  if (grid.y <= most && grid.z <= most) return;
  throw device_error({.what = "too many blocks for one launch",
                      .expected = "at most " + std::to_string(most) + " along y and along z (replicas)",
                      .found = std::to_string(grid.y) + " and " + std::to_string(grid.z),
                      .hint = "fewer replicas, or a smaller batch"});
}

/// A launch in CUDA's terms. Not to be moved: it points into itself.
struct PreparedLaunch {
  cudaLaunchAttribute attributes[2]{};
  cudaLaunchConfig_t config{};

  template <class... Parameters>
  PreparedLaunch(const LaunchShape& shape, void (*kernel)(Parameters...)) {
    constexpr unsigned shared_bytes_of_any_kernel = 48 * 1024, portable_cluster_blocks = 8;
    require_countable(shape.grid);
    config.gridDim = shape.grid;
    config.blockDim = shape.block;
    config.dynamicSmemBytes = shape.shared_bytes;
    config.stream = shape.stream;
    config.attrs = attributes;
    if (shape.cluster_blocks() > 1) {
      attributes[config.numAttrs].id = cudaLaunchAttributeClusterDimension;
      attributes[config.numAttrs].val.clusterDim = {shape.cluster.x, shape.cluster.y, shape.cluster.z};
      ++config.numAttrs;
    }
    if (shape.cooperative) {
      attributes[config.numAttrs].id = cudaLaunchAttributeCooperative;
      attributes[config.numAttrs].val.cooperative = 1;
      ++config.numAttrs;
    }
    if (shape.cluster_blocks() > portable_cluster_blocks) {
      require_success(cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1),
                      "cudaFuncSetAttribute(NonPortableClusterSizeAllowed)");
    }
    if (shape.shared_bytes > shared_bytes_of_any_kernel) {
      require_success(
          cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, int(shape.shared_bytes)),
          "cudaFuncSetAttribute(MaxDynamicSharedMemorySize)");
    }
  }
  PreparedLaunch(const PreparedLaunch&) = delete;
};

/// Every kernel is launched here, and its launch is checked.
template <class... Parameters, class... Arguments>
void launch(const LaunchShape& shape, void (*kernel)(Parameters...), Arguments&&... arguments) {
  const PreparedLaunch prepared(shape, kernel);
  require_success(cudaLaunchKernelEx(&prepared.config, kernel, std::forward<Arguments>(arguments)...),
                  "cudaLaunchKernelEx");
}

/// How many clusters of this shape, or lone blocks, the current device (or the part of it that this process is given)
/// holds at the same time; 0: none, ever.
template <class... Parameters>
int resident_clusters(const LaunchShape& shape, void (*kernel)(Parameters...)) {
  const PreparedLaunch prepared(shape, kernel);
  int resident = 0;
  if (shape.cluster_blocks() > 1) {
    require_success(cudaOccupancyMaxActiveClusters(&resident, kernel, &prepared.config),
                    "cudaOccupancyMaxActiveClusters");
    return resident;
  }
  int device = 0, multiprocessors = 0;
  require_success(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, kernel, int(shape.block.x),
                                                                std::size_t(shape.shared_bytes)),
                  "cudaOccupancyMaxActiveBlocksPerMultiprocessor");
  require_success(cudaGetDevice(&device), "cudaGetDevice");
  require_success(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device),
                  "cudaDeviceGetAttribute(MultiProcessorCount)");
  return resident * multiprocessors;
}

// Copies from global to shared memory that the thread does not wait for (cp.async): 4, 8 or 16 bytes, aligned to the
// same number. The data of a group is there after copy_async_wait<n>(), when at most n later groups are in flight.

template <int bytes>
__device__ __forceinline__ void copy_async(void* shared, const void* global) {
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  if constexpr (bytes == 16) {  // bypasses the first-level cache
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(address), "l"(global) : "memory");
  } else {
    static_assert(bytes == 4 || bytes == 8);
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2;" ::"r"(address), "l"(global), "n"(bytes) : "memory");
  }
}
__device__ __forceinline__ void copy_async_4(void* shared, const void* global) { copy_async<4>(shared, global); }
__device__ __forceinline__ void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int pending_groups>
__device__ __forceinline__ void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(pending_groups) : "memory");
}

// Clusters: barrier, mbarriers, asynchronous stores.

/// Arrival (release) and wait (acquire) of all threads of the cluster; every thread of a warp at the same place.
__device__ __forceinline__ void cluster_arrive() {
  if constexpr (has_clusters)
    asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
  else
    __trap();
}
__device__ __forceinline__ void cluster_wait() {
  if constexpr (has_clusters) asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
}
__device__ __forceinline__ unsigned cluster_rank() {
  unsigned rank = 0;
  if constexpr (has_clusters) asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
}

/// An address in the shared memory of any block of the cluster; byte offsets may be added to it.
using ClusterAddress = unsigned;

/// The address in block `rank` of the cluster that corresponds to `own` in this block.
__device__ __forceinline__ ClusterAddress cluster_address(const void* own, unsigned rank) {
  ClusterAddress mapped = 0;
  if constexpr (has_clusters) {
    asm volatile("mapa.shared::cluster.u32 %0, %1, %2;"
                 : "=r"(mapped)
                 : "r"(static_cast<unsigned>(__cvta_generic_to_shared(own))), "r"(rank));
  }
  return mapped;
}

/// A barrier object in shared memory. A phase completes when `count` arrivals have been made and as many bytes have
/// been stored as were expected; then the next phase begins.
using Mbarrier = unsigned long long;

__device__ __forceinline__ unsigned mbarrier_address(const Mbarrier* barrier) {
  return static_cast<unsigned>(__cvta_generic_to_shared(barrier));
}
__device__ __forceinline__ void mbarrier_init(Mbarrier* barrier, unsigned count) {
  asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(mbarrier_address(barrier)), "r"(count) : "memory");
}
/// Makes the initializations of this thread visible to the cluster, together with the cluster barrier that follows.
__device__ __forceinline__ void fence_mbarrier_init() {
  if constexpr (has_clusters) asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}
__device__ __forceinline__ void mbarrier_arrive(Mbarrier* barrier) {
  if constexpr (has_clusters)
    asm volatile("mbarrier.arrive.release.cta.shared::cta.b64 _, [%0];" ::"r"(mbarrier_address(barrier)) : "memory");
}
__device__ __forceinline__ void mbarrier_expect(Mbarrier* barrier, unsigned bytes) {
  if constexpr (has_clusters) {
    asm volatile("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], %1;" ::"r"(mbarrier_address(barrier)), "r"(bytes)
                 : "memory");
  }
}
__device__ __forceinline__ void mbarrier_arrive_expect(Mbarrier* barrier, unsigned bytes) {
  if constexpr (has_clusters) {
    asm volatile("mbarrier.arrive.expect_tx.release.cta.shared::cta.b64 _, [%0], %1;" ::"r"(mbarrier_address(barrier)),
                 "r"(bytes)
                 : "memory");
  }
}
// PTX 8.6, so CUDA 12.7, knows a wait that orders nothing, and a fence for shared memory alone. A wait that itself
// acquires throws away the multiprocessor's first-level cache of global memory (CCTL.IVALL), for every warp and wait.
#if CUDART_VERSION >= 12070
#define HYSTERON_ORDER_OF_WAIT "relaxed"
#define HYSTERON_FENCE_AFTER_WAIT "fence.acquire.sync_restrict::shared::cluster.cluster;"
#else
#define HYSTERON_ORDER_OF_WAIT "acquire"
#define HYSTERON_FENCE_AFTER_WAIT ""
#endif
/// Whether the phase of this parity (0 for the first) is complete; may wait for a while.
__device__ __forceinline__ bool mbarrier_try_wait(const Mbarrier* barrier, unsigned parity) {
  unsigned done = 1;
  if constexpr (has_clusters) {
    asm volatile("{\n.reg .pred p;\nmbarrier.try_wait.parity." HYSTERON_ORDER_OF_WAIT
                 ".cluster.shared::cta.b64 p, [%1], %2;\nselp.u32 %0, 1, 0, p;\n}"
                 : "=r"(done)
                 : "r"(mbarrier_address(barrier)), "r"(parity)
                 : "memory");
  }
  return done != 0;
}
/// After a wait, before the first use of what it was for: this thread's accesses to shared memory that follow come
/// after all that the completed phase counted. Nothing is said of global memory.
__device__ __forceinline__ void acquire_shared() {
  if constexpr (has_clusters) asm volatile(HYSTERON_FENCE_AFTER_WAIT ::: "memory");
}
#undef HYSTERON_ORDER_OF_WAIT
#undef HYSTERON_FENCE_AFTER_WAIT
/// Waits for that phase. One that does not come within some two seconds never will: then the kernel traps, and the host
/// learns of it.
__device__ __forceinline__ void mbarrier_wait(const Mbarrier* barrier, unsigned parity) {
  if (mbarrier_try_wait(barrier, parity)) return;
  constexpr long long longest_wait = 4'000'000'000;  // cycles of the multiprocessor
  for (const long long begin = clock64(); !mbarrier_try_wait(barrier, parity);)
    if (clock64() - begin > longest_wait) __trap();
}

/// Stores into the shared memory of a block of the cluster and then completes as many bytes at an mbarrier of that
/// block. Only a wait for the mbarrier, with acquire_shared(), makes the values visible.
__device__ __forceinline__ void store_async(ClusterAddress to, float4 value, ClusterAddress barrier) {
  if constexpr (has_clusters) {
    asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.v4.f32 [%0], {%1, %2, %3, %4}, [%5];" ::"r"(to),
                 "f"(value.x), "f"(value.y), "f"(value.z), "f"(value.w), "r"(barrier)
                 : "memory");
  }
}
__device__ __forceinline__ void store_async(ClusterAddress to, float value, ClusterAddress barrier) {
  if constexpr (has_clusters) {
    asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.f32 [%0], %1, [%2];" ::"r"(to), "f"(value),
                 "r"(barrier)
                 : "memory");
  }
}

}  // namespace hysteron::cuda
