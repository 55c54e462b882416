// The point-wise kernels, with plain loops for the products between them.
#include "kernels/stepwise.cuh"

#include <kernel_language.cuh>

#include "every_cell.hpp"
#include "layer_matrix.hpp"
#include "tests/cell_family.hpp"

namespace hysteron {

namespace {

/// to[r, b, (lane) i] (+)= sum of weight[r, lane, i, j] from[r, b, j], or with the transposed weight over lanes and i.
template <class Real>
void multiply(const LayerRun<Real>& run, int first_lane, int lanes, Lanes<const Real> from, Lanes<Real> to,
              Transposed transposed, Result result) {
  const std::ptrdiff_t units = run.shape.units, outputs = lanes * units;
  for (int r = 0; r < run.shape.replicas; ++r)
    for (int b = 0; b < run.shape.batch; ++b) {
      const Real* const weight = run.weight + r * run.weight_replica + first_lane * units * units;
      const Real* const in = from.first + r * from.replica + b * from.sequence;
      Real* const out = to.first + r * to.replica + b * to.sequence;
      for (std::ptrdiff_t i = 0; i < (transposed == Transposed::no ? outputs : units); ++i) {
        Real sum = result == Result::added ? out[i] : Real(0);
        for (std::ptrdiff_t j = 0; j < (transposed == Transposed::no ? units : outputs); ++j)
          sum += (transposed == Transposed::no ? weight[i * units + j] : weight[j * units + i]) * in[j];
        out[i] = sum;
      }
    }
}

template <class Real>
Lanes<const Real> at(const Lanes<Real>& lanes, int step) {
  return {lanes.first + step * lanes.step, lanes.replica, 0, lanes.sequence};
}

template <Cell C>
class Stepwise {
 public:
  using Real = typename C::Real;
  static constexpr int recurrent = recurrent_lanes<C>, deep = deep_lanes<C>;

  explicit Stepwise(EmulatedOperations<Real>& kernels) {
    kernels.forward = [](const LayerRun<Real>& run) { forward(run); };
    kernels.backward = [](const LayerRun<Real>& run, const LayerGradient<Real>& gradient) { backward(run, gradient); };
  }

 private:
  static void forward(const LayerRun<Real>& run) {
    std::vector<std::byte> workspace(cuda::step_rows(run, nullptr).bytes);
    const cuda::StepRows<Real> rows = cuda::step_rows(run, workspace.data());
    const Lanes<Real> intermediates =
        cuda::kept(run.intermediates, run.shape.steps) ? run.intermediates : rows.intermediates;
    for (int step = 0; step < run.shape.steps; ++step) {
      if (recurrent > 0)
        multiply(run, 0, recurrent, at(run.states, step), rows.recurrent, Transposed::no, Result::replaced);
      cuda::launch_forward_intermediate<C>(run, rows, step, nullptr);
      if (deep > 0)
        multiply(run, recurrent, deep, at(intermediates, step), rows.deep, Transposed::no, Result::replaced);
      cuda::launch_forward<C>(run, rows, step, nullptr);
    }
  }
  static void backward(const LayerRun<Real>& run, const LayerGradient<Real>& gradient) {
    std::vector<std::byte> workspace(cuda::step_rows(run, nullptr).bytes);
    const cuda::StepRows<Real> rows = cuda::step_rows(run, workspace.data());
    cuda::launch_begin_backward<C>(run, gradient, rows, nullptr);
    for (int step = run.shape.steps - 1; step >= 0; --step) {
      cuda::launch_backward_deep<C>(run, gradient, rows, step, nullptr);
      if (deep > 0)
        multiply(run, recurrent, deep, at(gradient.deep, step), rows.through, Transposed::yes, Result::replaced);
      cuda::launch_backward<C>(run, gradient, rows, step, nullptr);
      if (recurrent > 0)
        multiply(run, 0, recurrent, at(gradient.recurrent, step), gradient.state, Transposed::yes, Result::added);
    }
    cuda::launch_end_backward<C>(run, gradient, rows, nullptr);
  }
};

template <class F>
class StepwiseOf : public testing::Test {
 protected:
  template <class Real>
  void expect_every_mode(double tolerance, unsigned seeds) {
    using C = typename F::template Of<Real>;
    EmulatedOperations<Real> kernels;
    const Stepwise<C> schedule(kernels);
    LayerMatrix<Real> matrix(describe<C>(), kernels, tolerance, seeds);
    for (const int units : {1, 33})
      matrix.expect_every_mode({.replicas = 2, .steps = 4, .batch = units == 1 ? 5 : 3, .units = units});
    matrix.expect_each_replica_alone({.replicas = 2, .steps = 3, .batch = 2, .units = 7});
  }
};
TYPED_TEST_SUITE(StepwiseOf, EveryCell<Families>, FamilyName);

TYPED_TEST(StepwiseOf, Double) { this->template expect_every_mode<double>(1e-12, 1); }
TYPED_TEST(StepwiseOf, Single) { this->template expect_every_mode<float>(2e-5, 0); }

}  // namespace

}  // namespace hysteron
