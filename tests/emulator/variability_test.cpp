// VAA*, its gradient, and VAA.
#include "kernels/variability.cuh"

#include <kernel_language.cuh>

#include "kernels/attractors.cuh"
#include "operations_pair.hpp"

namespace hysteron {

namespace {

template <class Real>
using VariabilityKernels = OperationsPair<Real>;
TYPED_TEST_SUITE(VariabilityKernels, Precisions);

/// Sequences in several groups of neighbors, including a duplicate.
template <class Real>
std::vector<Real> groups(std::mt19937& random, int replicas, std::ptrdiff_t count, std::ptrdiff_t width) {
  auto states = drawn<Real>(random, replicas * count * width, 0.3);
  const auto noise = drawn<Real>(random, replicas * count * width, 0.01);
  for (int r = 0; r < replicas; ++r)
    for (std::ptrdiff_t i = 3; i < count; ++i)
      for (std::ptrdiff_t k = 0; k < width; ++k) {
        const std::size_t at = static_cast<std::size_t>((r * count + i) * width + k);
        states[at] =
            states[static_cast<std::size_t>((r * count + i % 3) * width + k)] + (i % 5 == 0 ? Real(0) : noise[at]);
      }
  return states;
}

TYPED_TEST(VariabilityKernels, AreThoseOfTheCpu) {
  using Real = TypeParam;
  constexpr int replicas = 2;
  for (const auto& [count, width] : {std::pair<int, int>{1, 3}, {6, 19}, {17, 64}, {70, 33}, {5, 300}}) {
    SCOPED_TRACE(std::to_string(count) + " sequences of " + std::to_string(width));
    auto states = groups<Real>(this->random, replicas, count, width);
    VariabilityRun<Real> run;
    run.states = window<const Real>(states, replicas, count, width);
    run.epsilon = 0.05, run.scale = 3;
    auto value = unwritten<double>(replicas), expected_value = value;
    auto gradient = unwritten<Real>(replicas * count * width), expected_gradient = gradient;
    run.value = expected_value.data(), run.gradient = window<Real>(expected_gradient, replicas, count, width);
    this->cpu().variability(run);
    auto vaa = unwritten<double>(replicas), expected_vaa = vaa;
    this->cpu().attractors(run.states, 0.05, expected_vaa.data());
    std::vector<std::byte> workspace(cuda::variability_workspace(run));
    run.value = value.data();
    cuda_emulator::for_each_schedule(1, [&] {
      gradient.assign(gradient.size(), Real(NAN));
      run.gradient = window<Real>(gradient, replicas, count, width);
      std::ranges::fill(value, NAN);
      cuda::launch_variability(run, workspace.data(), nullptr);
      expect_near("value", value, expected_value, 1e-12);
      expect_near("gradient", gradient, expected_gradient, sizeof(Real) == 4 ? 1e-5 : 1e-11);
      std::ranges::fill(value, NAN);
      run.gradient = {};
      cuda::launch_variability(run, workspace.data(), nullptr);
      expect_near("value alone", value, expected_value, 1e-12);
      std::ranges::fill(vaa, NAN);
      std::vector<std::byte> neighbors(cuda::attractors_workspace(run.states));
      cuda::launch_attractors(run.states, 0.05, vaa.data(), neighbors.data(), nullptr);
      expect_near("attractors", vaa, expected_vaa, 1e-13);
    });
  }
}

TYPED_TEST(VariabilityKernels, StatesAllAlikeHaveAGradientOfZero) {
  using Real = TypeParam;
  std::vector<Real> states(8 * 20, Real(0.25)), gradient = unwritten<Real>(8 * 20);
  double value = NAN;
  VariabilityRun<Real> run;
  run.states = window<const Real>(states, 1, 8, 20), run.value = &value;
  run.gradient = window<Real>(gradient, 1, 8, 20);
  std::vector<std::byte> workspace(cuda::variability_workspace(run));
  cuda::launch_variability(run, workspace.data(), nullptr);
  EXPECT_DOUBLE_EQ(value, 1.0 / 8);
  for (const Real partial : gradient) EXPECT_EQ(partial, 0);
}

TYPED_TEST(VariabilityKernels, AStateThatIsNotANumberIsCloseToNone) {
  using Real = TypeParam;
  std::vector<Real> states(4 * 2, Real(1));
  states[3] = Real(NAN);
  std::vector<double> vaa(1), expected(1), neighbors(4);
  const View<const Real> view = window<const Real>(states, 1, 4, 2);
  this->cpu().attractors(view, 1e-4, expected.data());
  cuda::launch_attractors(view, 1e-4, vaa.data(), neighbors.data(), nullptr);
  EXPECT_DOUBLE_EQ(vaa[0], expected[0]);
  EXPECT_DOUBLE_EQ(vaa[0], 0.5);
}

}  // namespace

}  // namespace hysteron
