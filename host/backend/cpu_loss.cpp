#include <algorithm>
#include <cmath>

#include "backend/cpu_operations.hpp"

namespace hysteron {

namespace {

constexpr std::ptrdiff_t rows_of_part = 256;

struct RowLoss {
  double loss = 0, right = 0, answers = 0;
  RowLoss& operator+=(const RowLoss& row) {
    loss += row.loss, right += row.right, answers += row.answers;
    return *this;
  }
};

/// The loss of one row, with the gradient of share * loss.
template <class Real>
RowLoss squared_error(const Real* output, const Real* target, std::ptrdiff_t count, double share, Real* gradient) {
  double sum = 0;
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const double error = static_cast<double>(output[i]) - static_cast<double>(target[i]);
    sum += error * error;
    if (gradient) gradient[i] = Real(2 * share * error);
  }
  return {.loss = sum};
}

template <class Real>
RowLoss cross_entropy(const Real* output, int label, std::ptrdiff_t count, double share, Real* gradient) {
  const double largest = static_cast<double>(*std::max_element(output, output + count));
  double sum = 0;
  for (std::ptrdiff_t i = 0; i < count; ++i) sum += std::exp(static_cast<double>(output[i]) - largest);
  if (gradient) {
    for (std::ptrdiff_t i = 0; i < count; ++i)
      gradient[i] = Real(share * (std::exp(static_cast<double>(output[i]) - largest) / sum - (i == label ? 1.0 : 0.0)));
  }
  const auto answer = std::max_element(output, output + count) - output;
  return {.loss = largest + std::log(sum) - static_cast<double>(output[label]),
          .right = answer == label ? 1.0 : 0.0,
          .answers = 1};
}

// -log(sigma(x)^y (1 - sigma(x))^(1 - y)) = max(x, 0) - x y + log(1 + exp(-|x|)), which overflows nowhere.
template <class Real>
RowLoss binary_cross_entropy(const Real* output, const Real* target, std::ptrdiff_t count, double share,
                             Real* gradient) {
  RowLoss row;
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const double x = static_cast<double>(output[i]), y = static_cast<double>(target[i]);
    const double power = std::exp(-std::abs(x));
    row.loss += std::max(x, 0.0) - x * y + std::log1p(power);
    const bool said = x > 0, is = y > 0.5;
    row.right += said && is ? 1 : 0;
    row.answers += said || is ? 1 : 0;
    if (gradient) gradient[i] = Real(share * ((x >= 0 ? 1 : power) / (1 + power) - y));
  }
  return row;
}

}  // namespace

template <class Real>
void CpuOperations<Real>::loss(const LossRun<Real>& run) {
  const int replicas = run.outputs.replicas;
  const std::ptrdiff_t rows = std::ptrdiff_t(run.steps) * run.batch, width = run.outputs.columns;
  const bool classifies = run.kind == LossKind::cross_entropy;
  const std::ptrdiff_t labels = std::ptrdiff_t(run.label_steps) * run.batch;  // of a replica
  const auto label_of = [&](std::ptrdiff_t replica, std::ptrdiff_t row) {
    return run.labels[replica * labels + (run.label_steps > 1 ? row : row % run.batch)];
  };
  const auto counts = [&](std::ptrdiff_t replica, std::ptrdiff_t row) {
    if (classifies && label_of(replica, row) == ignored_label) return false;
    return !run.lengths || run.first_step + row / run.batch < run.lengths[replica * run.batch + row % run.batch];
  };
  if (classifies) {
    for (std::ptrdiff_t i = 0; i < replicas * labels; ++i)
      if (run.labels[i] != ignored_label && (run.labels[i] < 0 || run.labels[i] >= width))
        throw data_error({.what = "a label out of range",
                          .expected = "0 to " + std::to_string(width - 1),
                          .found = std::to_string(run.labels[i]),
                          .hint = "the read-out needs one output for each class"});
  }
  const std::ptrdiff_t cuts = (rows + rows_of_part - 1) / rows_of_part;
  RowLoss* const partial = workers_->shared<RowLoss>(Shared::partial, replicas * cuts);
  double* const shares = workers_->shared<double>(Shared::order, replicas);
  for (int replica = 0; replica < replicas; ++replica) {
    std::ptrdiff_t counted = 0;
    for (std::ptrdiff_t row = 0; row < rows; ++row) counted += counts(replica, row) ? 1 : 0;
    const std::ptrdiff_t terms = counted * (run.kind == LossKind::mse ? width : 1);
    shares[replica] = terms > 0 ? 1.0 / static_cast<double>(terms) : 0.0;
  }
  workers_->run(replicas * cuts, replicas * rows * width * 8, [&](std::ptrdiff_t i, int) {
    const std::ptrdiff_t replica = i / cuts, first = i % cuts * rows_of_part;
    RowLoss sum;
    for (std::ptrdiff_t row = first; row < std::min(rows, first + rows_of_part); ++row) {
      Real* const gradient = run.gradient ? run.gradient.at(replica, row) : nullptr;
      const Real* const output = run.outputs.at(replica, row);
      if (!counts(replica, row)) {
        if (gradient) std::fill_n(gradient, width, Real(0));
      } else if (run.kind == LossKind::mse) {
        sum += squared_error(output, run.targets.at(replica, row), width, shares[replica], gradient);
      } else if (run.kind == LossKind::binary_cross_entropy) {
        sum += binary_cross_entropy(output, run.targets.at(replica, row), width, shares[replica], gradient);
      } else {
        sum += cross_entropy(output, label_of(replica, row), width, shares[replica], gradient);
      }
    }
    partial[i] = sum;
  });
  for (int replica = 0; replica < replicas; ++replica) {
    RowLoss sum;
    for (std::ptrdiff_t cut = 0; cut < cuts; ++cut) sum += partial[replica * cuts + cut];
    run.loss[replica] = sum.loss * shares[replica];
    if (run.accuracy) run.accuracy[replica] = sum.answers > 0 ? sum.right / sum.answers : 0;
    if (run.answers) run.answers[replica] = sum.answers;
  }
}

template void CpuOperations<float>::loss(const LossRun<float>&);
template void CpuOperations<double>::loss(const LossRun<double>&);

}  // namespace hysteron
