#pragma once
#include <nvtx3/nvtx3.hpp>

namespace hysteron::cuda {

struct NvtxDomain {
  static constexpr const char* name = "hysteron";
};

/// A step of an algorithm, from its making to the end of the scope, as Nsight Systems shows it: the range spans the
/// launches, and Nsight projects it onto what the device does. The names are those of the README's page on profiling.
using NamedRange = nvtx3::scoped_range_in<NvtxDomain>;

}  // namespace hysteron::cuda
