#pragma once
#include <type_traits>

#include <hysteron/operations.hpp>

#include "backend/workers.hpp"

namespace hysteron {

/// Operations on the CPU. One call at a time: the working space is shared.
template <class Real>
class CpuOperations final : public Operations<Real> {
 public:
  explicit CpuOperations(Workers& workers) : workers_(&workers) {}

  void product(View<const Real> a, Transposed ta, View<const Real> b, Transposed tb, View<Real> c,
               Result result) override;
  void affine(View<const Real> x, View<const Real> weight, View<const Real> bias, View<Real> y) override;
  void repeat_row(View<const Real> from, View<Real> to) override;
  void sum_rows(View<const Real> rows, View<Real> sums, Result result) override;
  void copy(View<const Real> from, View<Real> to) override;
  void clear(View<Real> values) override;
  void forward(const LayerRun<Real>& run) override;
  void backward(const LayerRun<Real>& run, const LayerGradient<Real>& gradient) override;
  void loss(const LossRun<Real>& run) override;
  void variability(const VariabilityRun<Real>& run) override;
  void attractors(View<const Real> states, double epsilon, double* vaa) override;
  void adam(const AdamRun<Real>& run) override;
  void gather(const GatherRun<Real>& run) override { gather_values(run); }
  void gather(const GatherRun<int>& run) override { gather_values(run); }
  void shuffle(const ShuffleRun& run) override;

 private:
  template <class Table>
  static const auto& of_real(const Table& table) {
    if constexpr (std::is_same_v<Real, float>) {
      return table.single;
    } else {
      return table.twofold;
    }
  }
  const cpu_kernels::DenseKernels<Real>& dense() const { return of_real(*workers_->level().dense); }

  template <class Value>
  void gather_values(const GatherRun<Value>& run);

  struct ProductRun;
  void rows_product(const ProductRun& run);
  void transposed_product(const ProductRun& run);
  void weighted_sums(View<const Real> rows, View<const Real> factors, View<Real> sums, Transposed layout,
                     Result result);
  void run_slices(const LayerRun<Real>& run, const LayerGradient<Real>* gradient);

  Workers* workers_;
};

}  // namespace hysteron
