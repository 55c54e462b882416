#include "cell_kernels.hpp"

#include <algorithm>
#include <vector>

#include <hysteron/error.hpp>

namespace hysteron::cuda {
namespace {

std::vector<CellKernels>& registered() {
  static std::vector<CellKernels> kernels;
  return kernels;
}

}  // namespace

CellKernelsRegistration::CellKernelsRegistration(const CellKernels& kernels) { registered().push_back(kernels); }

const CellKernels& cell_kernels(std::string_view cell) {
  const auto found = std::ranges::find(registered(), cell, &CellKernels::cell);
  if (found == registered().end()) throw defect({.what = "no CUDA kernels for the cell \"" + std::string(cell) + "\""});
  return *found;
}

}  // namespace hysteron::cuda
