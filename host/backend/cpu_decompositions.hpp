#pragma once
#include <hysteron/decompositions.hpp>

#include "backend/workers.hpp"

namespace hysteron {

/// Decompositions on the CPU: Eigen, compiled at the instruction levels of the other kernels. A matrix of many rows is
/// cut into blocks of fixed size, which the threads reduce to triangles in parallel.
class CpuDecompositions final : public Decompositions {
 public:
  explicit CpuDecompositions(Workers& workers) : workers_(&workers) {}

  void symmetric_eigen(View<double> a, double* values, View<double> vectors) override;
  void orthonormalize(View<double> a) override;
  void triangle(View<double> a, View<double> r) override;
  void right_svd(View<double> a, double* values, View<double> vectors) override;

 private:
  const cpu_kernels::DecompositionTable& kernels() const { return *workers_->level().decompositions; }
  View<double> reduce(View<double> a);

  Workers* workers_;
};

}  // namespace hysteron
