#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>

#include <hysteron/operations.hpp>

#include "block_sum.cuh"

namespace hysteron::cuda {

// Adam over each replica's flat block of parameters, in two launches: sums of squares of parts, in double precision;
// then norm, clipping and step. Memory bound: 32 bytes per parameter in single precision, so 132 replicas of 25
// thousand parameters take some 25 microseconds at 4 TB/s.

inline constexpr int adam_threads = 256, values_of_norm = 4096, values_of_step = 4 * adam_threads;

inline std::ptrdiff_t parts_of_norm(std::ptrdiff_t values) { return (values + values_of_norm - 1) / values_of_norm; }

template <class Real>
__global__ void __launch_bounds__(adam_threads) squares_of_gradient(View<const Real> gradient, double* partial) {
  const Real* const values = gradient.first + blockIdx.z * gradient.replica;
  const std::ptrdiff_t first = std::ptrdiff_t(blockIdx.x) * values_of_norm;
  double sum = 0;
#pragma unroll 4
  for (int i = int(threadIdx.x); i < values_of_norm; i += adam_threads) {
    const double value = first + i < gradient.columns ? double(values[first + i]) : 0.0;
    sum += value * value;
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[std::ptrdiff_t(blockIdx.z) * gridDim.x + blockIdx.x] = sum;
}

/// What all parameters of a replica share, in the precision of the parameters.
template <class Real>
struct AdamFactors {
  Real scale, size, root;
  bool steps;  // whether this replica takes the step
};

// Computed as in the host code, in double precision.
template <class Real>
__device__ AdamFactors<Real> adam_factors(const AdamRun<Real>& run, int replica, double norm) {
  const double correction1 = 1 - std::pow(run.beta1, double(run.step[replica])),
               correction2 = 1 - std::pow(run.beta2, double(run.step[replica]));
  const double clipped = run.clip / (norm + 1e-6);  // torch.nn.utils.clip_grad_norm_
  const bool active = !run.active || run.active[replica];
  const bool finite = std::isfinite(norm) && (!run.loss || std::isfinite(run.loss[replica]));
  return {.scale = Real(run.clip > 0 && clipped < 1 ? clipped : 1.0),
          .size = Real(run.learning_rate[replica] / correction1),
          .root = Real(std::sqrt(correction2)),
          .steps = active && finite};
}

template <class Real>
__global__ void __launch_bounds__(adam_threads)
    adam_step(AdamRun<Real> run, std::ptrdiff_t parts, const double* partial) {
  SHARED_VARIABLE(factors, AdamFactors<Real>);
  const int replica = int(blockIdx.z);
  double sum = 0;
  for (std::ptrdiff_t part = threadIdx.x; part < parts; part += adam_threads) sum += partial[replica * parts + part];
  const double norm = std::sqrt(block_sum(sum));
  if (threadIdx.x == 0) {
    factors = adam_factors(run, replica, norm);
    if (run.norm && blockIdx.x == 0) run.norm[replica] = norm;
  }
  __syncthreads();
  if (!factors.steps) return;
  const Real scale = factors.scale, size = factors.size, root = factors.root, epsilon = Real(run.epsilon),
             decay = Real(run.weight_decay), beta1 = Real(run.beta1), beta2 = Real(run.beta2),
             rest1 = Real(1 - run.beta1), rest2 = Real(1 - run.beta2);
  Real* const values = run.values.first + replica * run.values.replica;
  Real* const first_moment = run.first_moment.first + replica * run.first_moment.replica;
  Real* const second_moment = run.second_moment.first + replica * run.second_moment.replica;
  const Real* const gradient = run.gradient.first + replica * run.gradient.replica;
  const std::ptrdiff_t first = std::ptrdiff_t(blockIdx.x) * values_of_step + threadIdx.x;
#pragma unroll
  for (int turn = 0; turn < values_of_step / adam_threads; ++turn) {
    const std::ptrdiff_t i = first + turn * adam_threads;
    if (i >= run.values.columns) continue;
    const Real g = gradient[i] * scale + decay * values[i];
    const Real m = beta1 * first_moment[i] + rest1 * g;
    const Real v = beta2 * second_moment[i] + rest2 * (g * g);
    first_moment[i] = m;
    second_moment[i] = v;
    values[i] -= size * m / (std::sqrt(v) / root + epsilon);
  }
}

/// Bytes of workspace that launch_adam needs.
template <class Real>
std::size_t adam_workspace(const AdamRun<Real>& run) {
  return sizeof(double) * std::size_t(run.values.replicas) * std::size_t(parts_of_norm(run.values.columns));
}

template <class Real>
void launch_adam(const AdamRun<Real>& run, void* workspace, cudaStream_t stream) {
  const std::ptrdiff_t count = run.values.columns, parts = parts_of_norm(count);
  const unsigned replicas = unsigned(run.values.replicas);
  if (replicas == 0 || count == 0) return;
  auto* const partial = static_cast<double*>(workspace);
  launch({.grid = dim3(unsigned(parts), 1, replicas), .block = dim3(adam_threads), .stream = stream},
         squares_of_gradient<Real>, run.gradient, partial);
  launch({.grid = dim3(unsigned((count + values_of_step - 1) / values_of_step), 1, replicas),
          .block = dim3(adam_threads),
          .stream = stream},
         adam_step<Real>, run, parts, partial);
}

}  // namespace hysteron::cuda
