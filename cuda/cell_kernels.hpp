#pragma once
#include <string_view>

#include <cuda_runtime_api.h>

#include "kernels/step_rows.hpp"

namespace hysteron::cuda {

/// What the stepwise schedule launches for one cell in one precision (kernels/stepwise.cuh).
template <class Real>
struct StepwiseKernels {
  void (*forward_intermediate)(const LayerRun<Real>&, const StepRows<Real>&, int step, cudaStream_t);
  void (*forward)(const LayerRun<Real>&, const StepRows<Real>&, int step, cudaStream_t);
  void (*begin_backward)(const LayerRun<Real>&, const LayerGradient<Real>&, const StepRows<Real>&, cudaStream_t);
  void (*backward_deep)(const LayerRun<Real>&, const LayerGradient<Real>&, const StepRows<Real>&, int step,
                        cudaStream_t);
  void (*backward)(const LayerRun<Real>&, const LayerGradient<Real>&, const StepRows<Real>&, int step, cudaStream_t);
  void (*end_backward)(const LayerRun<Real>&, const LayerGradient<Real>&, const StepRows<Real>&, cudaStream_t);
};

/// For a cell without matrices (kernels/scan.cuh): all steps in one launch. Null for all other cells.
template <class Real>
struct ScanKernels {
  void (*forward)(const LayerRun<Real>&, cudaStream_t) = nullptr;
  void (*backward)(const LayerRun<Real>&, const LayerGradient<Real>&, cudaStream_t) = nullptr;
};

/// Each file that the build stamps out for a cell registers these.
struct CellKernels {
  std::string_view cell;
  StepwiseKernels<float> stepwise_single;
  StepwiseKernels<double> stepwise_twofold;
  ScanKernels<float> scan_single;
  ScanKernels<double> scan_twofold;

  const StepwiseKernels<float>& stepwise(float) const { return stepwise_single; }
  const StepwiseKernels<double>& stepwise(double) const { return stepwise_twofold; }
  const ScanKernels<float>& scan(float) const { return scan_single; }
  const ScanKernels<double>& scan(double) const { return scan_twofold; }
};

const CellKernels& cell_kernels(std::string_view cell);

struct CellKernelsRegistration {
  explicit CellKernelsRegistration(const CellKernels& kernels);
};

}  // namespace hysteron::cuda
