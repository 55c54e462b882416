#pragma once
#include <cmath>

#include "backend/kernels.hpp"

// Operations on one value after the other.
namespace hysteron {

/// Sixteen sums by position, added in order: the result is the same wherever the values lie in memory.
template <class Real>
double sum_of_squares(const Real* values, std::ptrdiff_t count) {
  double sums[16] = {};
  std::ptrdiff_t at = 0;
  for (; at + 16 <= count; at += 16) {
#pragma omp simd
    for (int i = 0; i < 16; ++i) {
      const double value = static_cast<double>(values[at + i]);
      sums[i] += value * value;
    }
  }
  for (int i = 0; at + i < count; ++i) {
    const double value = static_cast<double>(values[at + i]);
    sums[i] += value * value;
  }
  double sum = 0;
  for (int i = 0; i < 16; ++i) sum += sums[i];
  return sum;
}

/// Kingma & Ba 2015, in the order of torch.optim.Adam:
///   g = scale g + decay p    m = b1 m + (1 - b1) g    v = b2 v + (1 - b2) g^2    p -= step m / (sqrt(v) / root + e)
template <class Real>
void adam(const cpu_kernels::AdamStep<Real>& step) {
  const Real scale = Real(step.gradient_scale), decay = Real(step.weight_decay), beta1 = Real(step.beta1),
             beta2 = Real(step.beta2), rest1 = Real(1 - step.beta1), rest2 = Real(1 - step.beta2),
             size = Real(step.step_size), root = Real(step.root_correction), epsilon = Real(step.epsilon);
  Real *const values = step.values, *const first = step.first_moment, *const second = step.second_moment;
  const Real* const gradient = step.gradient;
#pragma omp simd
  for (std::ptrdiff_t i = 0; i < step.count; ++i) {
    const Real g = gradient[i] * scale + decay * values[i];
    const Real m = beta1 * first[i] + rest1 * g;
    const Real v = beta2 * second[i] + rest2 * (g * g);
    first[i] = m;
    second[i] = v;
    values[i] -= size * m / (std::sqrt(v) / root + epsilon);
  }
}

template <class Real>
void tangents(const Real* from, std::ptrdiff_t count, double* to) {
  for (std::ptrdiff_t i = 0; i < count; ++i) to[i] = std::tanh(static_cast<double>(from[i]));
}

inline double squared_distance(const double* a, const double* b, std::ptrdiff_t count) {
  double sums[16] = {};
  std::ptrdiff_t at = 0;
  for (; at + 16 <= count; at += 16) {
#pragma omp simd
    for (int i = 0; i < 16; ++i) {
      const double difference = a[at + i] - b[at + i];
      sums[i] += difference * difference;
    }
  }
  for (int i = 0; at + i < count; ++i) {
    const double difference = a[at + i] - b[at + i];
    sums[i] += difference * difference;
  }
  double sum = 0;
  for (int i = 0; i < 16; ++i) sum += sums[i];
  return sum;
}

inline void add_difference(double weight, const double* a, const double* b, std::ptrdiff_t count, double* to) {
#pragma omp simd
  for (std::ptrdiff_t i = 0; i < count; ++i) to[i] += weight * (a[i] - b[i]);
}

}  // namespace hysteron
