#pragma once
#include <hysteron/operations.hpp>

#include "device.hpp"
#include "products.hpp"
#include "schedule_choice.hpp"
#include "shuffle.hpp"
#include "stepwise_schedule.hpp"

namespace hysteron::cuda {

/// Operations on a GPU. Each returns as soon as its work has been queued on the device's stream.
template <class Real>
class CudaOperations final : public Operations<Real> {
 public:
  CudaOperations(Device& device, Products& products, ScheduleChooser& chooser)
      : device_(&device), products_(&products), chooser_(&chooser), stepwise_(device, products) {}

  void product(View<const Real> a, Transposed ta, View<const Real> b, Transposed tb, View<Real> c,
               Result result) override;
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
  void gather(const GatherRun<Real>& run) override;
  void gather(const GatherRun<int>& run) override;
  void shuffle(const ShuffleRun& run) override;

 private:
  Device* device_;
  ShuffleMemory shuffle_memory_;
  Products* products_;
  ScheduleChooser* chooser_;
  StepwiseSchedule<Real> stepwise_;
};

}  // namespace hysteron::cuda
