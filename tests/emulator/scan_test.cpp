// Diagonal cells in one launch.
#include "kernels/scan.cuh"

#include <kernel_language.cuh>

#include <hysteron/cells/brc.hpp>

#include "layer_matrix.hpp"

namespace hysteron {

namespace {

template <class Real>
void expect_every_mode(double tolerance, unsigned seeds) {
  using C = Brc<Real>;
  EmulatedOperations<Real> kernels;
  kernels.forward = [](const LayerRun<Real>& run) { cuda::launch_scan_forward<C>(run, nullptr); };
  kernels.backward = [](const LayerRun<Real>& run, const LayerGradient<Real>& gradient) {
    cuda::launch_scan_backward<C>(run, gradient, nullptr);
  };
  LayerMatrix<Real> matrix(describe<C>(), kernels, tolerance, seeds);
  // Fewer steps than are fetched ahead, equally many, and more; blocks of one sequence, of several, and of part of one.
  matrix.expect_every_mode({.replicas = 2, .steps = 3, .batch = 5, .units = 1});
  matrix.expect_every_mode({.replicas = 1, .steps = 8, .batch = 3, .units = 33});
  matrix.expect_every_mode({.replicas = 2, .steps = 19, .batch = 2, .units = 130});
  matrix.expect_each_replica_alone({.replicas = 3, .steps = 6, .batch = 3, .units = 7});
  matrix.expect_last_state({.replicas = 1, .steps = 500, .batch = 2, .units = 5}, InputKind::constant, {});
}

TEST(ScanOfBrc, Double) { expect_every_mode<double>(1e-12, 2); }
TEST(ScanOfBrc, Single) { expect_every_mode<float>(2e-5, 0); }

static_assert(cuda::DiagonalCell<Brc<float>>);

}  // namespace

}  // namespace hysteron
