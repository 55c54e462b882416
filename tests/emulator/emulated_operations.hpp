#pragma once
#include <functional>

#include <hysteron/backend.hpp>

namespace hysteron {

/// What tests/layer.hpp needs from a backend: the recurrence is what a test puts there, kernels run by the emulator;
/// the products are those of the CPU.
template <class Real>
class EmulatedOperations {
 public:
  std::function<void(const LayerRun<Real>&)> forward;
  std::function<void(const LayerRun<Real>&, const LayerGradient<Real>&)> backward;

  void product(View<const Real> a, Transposed ta, View<const Real> b, Transposed tb, View<Real> c, Result result) {
    operations_of<Real>(*cpu_).product(a, ta, b, tb, c, result);
  }

 private:
  std::unique_ptr<Backend> cpu_ = make_backend("cpu", 1);
};

}  // namespace hysteron
