#include <algorithm>
#include <cmath>

#include "backend/cpu_operations.hpp"

namespace hysteron {

namespace {

// C(d) of Lambrechts et al. 2023, arXiv 2106.01001: 1 for states closer than epsilon, near 0 for those far apart.
constexpr double offset = 1e-6;
double closeness(double distance, double epsilon) {
  return 1 - std::max(distance - epsilon, 0.0) / (distance + offset);
}
double closeness_slope(double distance, double epsilon) {
  return distance > epsilon ? -(offset + epsilon) / ((distance + offset) * (distance + offset)) : 0.0;
}

/// Whether two states are closer than epsilon. Most pairs are told apart by their first few values. A state with NaN is
/// close to no other.
template <class Real>
bool close(const Real* a, const Real* b, std::ptrdiff_t count, double square) {
  constexpr std::ptrdiff_t values_of_block = 16;
  double sum = 0;
  for (std::ptrdiff_t first = 0; first < count; first += values_of_block) {
    for (std::ptrdiff_t i = first; i < std::min(count, first + values_of_block); ++i) {
      const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
      sum += difference * difference;
    }
    if (!(sum < square)) return false;
  }
  return true;
}

}  // namespace

/// VAA* = 1/n sum_i 1/S_i with S_i = sum_j C(d_ij), d_ij = |tanh h_i - tanh h_j|. A pair's distance enters both S_i and
/// S_j:
///   dVAA*/d(tanh h_i) = sum_j -1/n (1/S_i^2 + 1/S_j^2) C'(d_ij) / d_ij (tanh h_i - tanh h_j)
/// C' is zero up to epsilon, so no term divides by a distance of zero.
template <class Real>
void CpuOperations<Real>::variability(const VariabilityRun<Real>& run) {
  const int replicas = run.states.replicas;
  const std::ptrdiff_t count = run.states.rows, width = run.states.columns;
  if (count == 0) {
    std::fill_n(run.value, replicas, 0.0);
    return;
  }
  const cpu_kernels::DenseKernels<Real>& kernels = dense();
  double* const tangents = workers_->shared<double>(Shared::panels, replicas * count * width);
  double* const sums = workers_->shared<double>(Shared::partial, replicas * count);
  const std::ptrdiff_t work = replicas * count * width;
  const auto tangent_of = [&](std::ptrdiff_t replica, std::ptrdiff_t i) {
    return tangents + (replica * count + i) * width;
  };
  const auto distance = [&](std::ptrdiff_t replica, std::ptrdiff_t i, std::ptrdiff_t j) {
    return std::sqrt(kernels.squared_distance(tangent_of(replica, i), tangent_of(replica, j), width));
  };
  workers_->run(replicas * count, work * 32, [&](std::ptrdiff_t at, int) {
    kernels.tangents(run.states.at(at / count, at % count), width, tangents + at * width);
  });
  workers_->run(replicas * count, work * count * 3, [&](std::ptrdiff_t at, int) {
    const std::ptrdiff_t replica = at / count, i = at % count;
    double sum = 0;
    for (std::ptrdiff_t j = 0; j < count; ++j) sum += i == j ? 1.0 : closeness(distance(replica, i, j), run.epsilon);
    sums[at] = sum;
  });
  for (int replica = 0; replica < replicas; ++replica) {
    double sum = 0;
    for (std::ptrdiff_t i = 0; i < count; ++i) sum += 1 / sums[replica * count + i];
    run.value[replica] = sum / static_cast<double>(count);
  }
  if (!run.gradient) return;
  workers_->reserve_own<double>(width);
  workers_->run(replicas * count, work * count * 3, [&](std::ptrdiff_t at, int thread) {
    const std::ptrdiff_t replica = at / count, i = at % count;
    const double outer = 2 * run.scale * (run.value[replica] - run.target);
    const double* const own_tangent = tangent_of(replica, i);
    const auto inverse_square = [&](std::ptrdiff_t of) {
      return 1 / (sums[replica * count + of] * sums[replica * count + of]);
    };
    double* const total = workers_->own<double>(thread);
    std::fill_n(total, width, 0.0);
    for (std::ptrdiff_t j = 0; j < count; ++j) {
      if (i == j) continue;
      const double d = distance(replica, i, j), slope = closeness_slope(d, run.epsilon);
      if (slope == 0 || d == 0) continue;
      const double weight = -(inverse_square(i) + inverse_square(j)) / static_cast<double>(count) * slope / d;
      kernels.add_difference(weight, own_tangent, tangent_of(replica, j), width, total);
    }
    Real* const gradient = run.gradient.at(replica, i);
    for (std::ptrdiff_t k = 0; k < width; ++k)
      gradient[k] = Real(outer * total[k] * (1 - own_tangent[k] * own_tangent[k]));
  });
}

template <class Real>
void CpuOperations<Real>::attractors(View<const Real> states, double epsilon, double* vaa) {
  const std::ptrdiff_t count = states.rows, width = states.columns;
  double* const shares = workers_->shared<double>(Shared::partial, states.replicas * count);
  workers_->run(states.replicas * count, states.replicas * count * count * 16, [&](std::ptrdiff_t at, int) {
    const std::ptrdiff_t replica = at / count, i = at % count;
    std::ptrdiff_t near = 1;  // itself
    for (std::ptrdiff_t j = 0; j < count; ++j)
      if (j != i && close(states.at(replica, i), states.at(replica, j), width, epsilon * epsilon)) ++near;
    shares[at] = 1 / static_cast<double>(near);
  });
  for (std::ptrdiff_t replica = 0; replica < states.replicas; ++replica) {
    double sum = 0;
    for (std::ptrdiff_t i = 0; i < count; ++i) sum += shares[replica * count + i];
    vaa[replica] = count > 0 ? sum / static_cast<double>(count) : 0;
  }
}

template void CpuOperations<float>::variability(const VariabilityRun<float>&);
template void CpuOperations<double>::variability(const VariabilityRun<double>&);
template void CpuOperations<float>::attractors(View<const float>, double, double*);
template void CpuOperations<double>::attractors(View<const double>, double, double*);

}  // namespace hysteron
