// Adam: the norm of each replica's gradient, its clipping, and the step.
#include "kernels/adam.cuh"

#include <kernel_language.cuh>

#include "operations_pair.hpp"

namespace hysteron {

namespace {

template <class Real>
using AdamKernel = OperationsPair<Real>;
TYPED_TEST_SUITE(AdamKernel, Precisions);

// Replicas: a normal one, one that is not active, one whose gradient and one whose loss is not finite, one whose norm
// is below the clip.
TYPED_TEST(AdamKernel, TakesTheStepsOfTheCpu) {
  using Real = TypeParam;
  constexpr int replicas = 5;
  for (const std::ptrdiff_t count : {1, 7, 1025, 5000}) {
    struct State {
      std::vector<Real> values, first, second;
    };
    State expected{drawn<Real>(this->random, replicas * count), unwritten<Real>(0), unwritten<Real>(0)};
    expected.first.resize(expected.values.size()), expected.second.resize(expected.values.size());
    State found = expected;
    const std::vector<double> rates{1e-2, 1e-2, 1e-2, 1e-2, 1e-3}, loss{1, 1, 1, NAN, 1};
    const std::vector<unsigned char> active{1, 0, 1, 1, 1};
    std::vector<double> norm(replicas);
    AdamRun<Real> run;
    run.learning_rate = rates.data(), run.norm = norm.data(), run.clip = 3;
    for (int step = 1; step <= 3; ++step) {
      auto gradient = drawn<Real>(this->random, replicas * count, 2);
      gradient[static_cast<std::size_t>(2 * count)] = step == 1 ? Real(NAN) : Real(INFINITY);
      for (std::ptrdiff_t i = 4 * count; i < 5 * count; ++i) gradient[static_cast<std::size_t>(i)] *= Real(1e-3);
      const std::vector<int> steps(replicas, step);
      run.step = steps.data(), run.gradient = window<Real>(gradient, replicas, 1, count);
      run.active = step == 2 ? active.data() : nullptr;
      run.loss = loss.data();
      run.weight_decay = step == 3 ? 0.1 : 0;
      const auto use = [&](State& state) {
        run.values = window<Real>(state.values, replicas, 1, count);
        run.first_moment = window<Real>(state.first, replicas, 1, count);
        run.second_moment = window<Real>(state.second, replicas, 1, count);
      };
      use(expected);
      this->cpu().adam(run);
      const std::vector<double> expected_norm = norm;
      const State before = found;
      std::vector<std::byte> workspace(cuda::adam_workspace(run));
      cuda_emulator::for_each_schedule(1, [&] {
        found = before;
        use(found);
        norm.assign(replicas, -1);
        cuda::launch_adam(run, workspace.data(), nullptr);
        expect_near("norm", norm, expected_norm, 1e-13);
        expect_near("values", found.values, expected.values, rounding<Real>());
        expect_near("first moment", found.first, expected.first, rounding<Real>());
        expect_near("second moment", found.second, expected.second, rounding<Real>());
      });
    }
  }
}

}  // namespace

}  // namespace hysteron
