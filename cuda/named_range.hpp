#pragma once
#include <nvtx3/nvtx3.hpp>

namespace hysteron::cuda {

struct NvtxDomain {
  static constexpr const char* name = "hysteron";
};

/// A step of an algorithm, from construction to the end of the scope, as Nsight Systems shows it: the range spans the
/// launches, and Nsight projects it onto the work of the device. The names are those on the README's page on profiling.
using NamedRange = nvtx3::scoped_range_in<NvtxDomain>;

}  // namespace hysteron::cuda
