#pragma once
#include <hysteron/operations.hpp>

#include "device.hpp"
#include "graph_cache.hpp"
#include "products.hpp"

namespace hysteron::cuda {

/// Forward and backward over time, step by step: products by cuBLAS, and point-wise kernels between them. Works for
/// every cell, shape, precision and device; a run that is repeated is submitted as one graph.
template <class Real>
class StepwiseSchedule {
 public:
  StepwiseSchedule(Device& device, Products& products) : device_(&device), products_(&products) {}

  void forward(const LayerRun<Real>& run);
  void backward(const LayerRun<Real>& run, const LayerGradient<Real>& gradient);

 private:
  Device* device_;
  Products* products_;
  GraphCache graphs_;
};

}  // namespace hysteron::cuda
