#include <algorithm>
#include <cmath>

#include "backend/cpu_operations.hpp"

namespace hysteron {

template <class Real>
void CpuOperations<Real>::adam(const AdamRun<Real>& run) {
  constexpr std::ptrdiff_t values_of_part = 16384;
  const int replicas = run.values.replicas;
  const std::ptrdiff_t count = run.values.columns, cuts = (count + values_of_part - 1) / values_of_part;
  const cpu_kernels::DenseKernels<Real>& kernels = dense();
  double* const partial = workers_->shared<double>(Shared::partial, replicas * cuts);
  double* const norms = workers_->shared<double>(Shared::order, replicas);
  const auto part = [&](std::ptrdiff_t i) { return std::min(values_of_part, count - i % cuts * values_of_part); };
  workers_->run(replicas * cuts, replicas * count * 4, [&](std::ptrdiff_t i, int) {
    partial[i] = kernels.sum_of_squares(run.gradient.at(i / cuts, 0) + i % cuts * values_of_part, part(i));
  });
  for (int replica = 0; replica < replicas; ++replica) {
    double sum = 0;
    for (std::ptrdiff_t cut = 0; cut < cuts; ++cut) sum += partial[replica * cuts + cut];
    norms[replica] = std::sqrt(sum);
    if (run.norm) run.norm[replica] = norms[replica];
  }
  workers_->run(replicas * cuts, replicas * count * 4, [&](std::ptrdiff_t i, int) {
    const std::ptrdiff_t replica = i / cuts, first = i % cuts * values_of_part;
    if ((run.active && !run.active[replica]) || !std::isfinite(norms[replica])) return;
    if (run.loss && !std::isfinite(run.loss[replica])) return;
    const double correction1 = 1 - std::pow(run.beta1, run.step[replica]),
                 correction2 = 1 - std::pow(run.beta2, run.step[replica]);
    // torch.nn.utils.clip_grad_norm_
    const double scale = run.clip > 0 ? std::min(1.0, run.clip / (norms[replica] + 1e-6)) : 1.0;
    kernels.adam({.values = run.values.at(replica, 0) + first,
                  .first_moment = run.first_moment.at(replica, 0) + first,
                  .second_moment = run.second_moment.at(replica, 0) + first,
                  .gradient = run.gradient.at(replica, 0) + first,
                  .count = part(i),
                  .gradient_scale = scale,
                  .weight_decay = run.weight_decay,
                  .beta1 = run.beta1,
                  .beta2 = run.beta2,
                  .step_size = run.learning_rate[replica] / correction1,
                  .root_correction = std::sqrt(correction2),
                  .epsilon = run.epsilon});
  });
}

template void CpuOperations<float>::adam(const AdamRun<float>&);
template void CpuOperations<double>::adam(const AdamRun<double>&);

}  // namespace hysteron
