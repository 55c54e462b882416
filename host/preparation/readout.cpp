#include "preparation/readout.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include <hysteron/error.hpp>

namespace hysteron {
namespace {

using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Rows rows_of(const std::vector<double>& values, std::ptrdiff_t rows, std::ptrdiff_t columns) {
  return Eigen::Map<const Rows>(values.data(), rows, columns);
}

/// The positive number at which a convex function is least, found from its slope by bisection of the logarithm.
template <class Slope>
double least_at(const Slope& slope) {
  double low = std::log(1e-3), high = std::log(1e4);
  for (int turn = 0; turn < 60; ++turn) {
    const double middle = (low + high) / 2;
    (slope(std::exp(middle)) < 0 ? low : high) = middle;
  }
  return std::exp((low + high) / 2);
}

}  // namespace

std::vector<double> LinearReadout::apply(const std::vector<double>& rows) const {
  const std::ptrdiff_t count = std::ssize(rows) / std::max(inputs, 1);
  Rows result = rows_of(rows, count, inputs) * rows_of(weight, outputs, inputs).transpose();
  result.rowwise() += Eigen::Map<const Eigen::RowVectorXd>(bias.data(), outputs);
  return {result.data(), result.data() + result.size()};
}

void LinearReadout::scale(double factor) {
  for (double& value : weight) value *= factor;
  for (double& value : bias) value *= factor;
}

void LinearReadout::calibrate(int output, const Calibration& calibration) {
  const auto row = weight.begin() + std::ptrdiff_t(output) * inputs;
  std::transform(row, row + inputs, row, [&](double value) { return calibration.scale * value; });
  double& own = bias[static_cast<std::size_t>(output)];
  own = calibration.scale * own + calibration.offset;
}

LeastSquares::LeastSquares(Backend& backend, int inputs, int outputs)
    : backend_(&backend),
      inputs_(inputs),
      outputs_(outputs),
      squares_(backend, {inputs + 1, inputs + 1}),
      products_(backend, {inputs + 1, outputs}) {}

void LeastSquares::add(const std::vector<double>& rows, const std::vector<double>& targets) {
  const std::ptrdiff_t n = inputs_ + 1, count = std::ssize(rows) / inputs_;
  std::vector<double> with_one(static_cast<std::size_t>(count * n), 1.0);
  for (std::ptrdiff_t i = 0; i < count; ++i) std::copy_n(rows.begin() + i * inputs_, inputs_, with_one.begin() + i * n);
  Tensor<double> x(*backend_, {count, n}), y(*backend_, {count, outputs_});
  x.from_host(with_one);
  y.from_host(targets);
  Operations<double>& operations = operations_of<double>(*backend_);
  operations.product(x.view(1, count, n), Transposed::yes, x.view(1, count, n), Transposed::no, squares_.view(1, n, n),
                     Result::added);
  operations.product(x.view(1, count, n), Transposed::yes, y.view(1, count, outputs_), Transposed::no,
                     products_.view(1, n, outputs_), Result::added);
  count_ += static_cast<double>(count);
}

LinearReadout LeastSquares::solve(double ridge) const {
  LinearReadout readout{.inputs = inputs_,
                        .outputs = outputs_,
                        .weight = std::vector<double>(static_cast<std::size_t>(outputs_ * inputs_)),
                        .bias = std::vector<double>(static_cast<std::size_t>(outputs_))};
  if (count_ == 0) return readout;
  const std::ptrdiff_t n = inputs_;
  const Rows squares = rows_of(squares_.to_host(), n + 1, n + 1) / count_;
  const Rows products = rows_of(products_.to_host(), n + 1, outputs_) / count_;
  // Centered on the means, which the bias absorbs.
  const Eigen::RowVectorXd mean = squares.bottomRows(1).leftCols(n), answer = products.bottomRows(1);
  Eigen::MatrixXd covariance = squares.topLeftCorner(n, n) - mean.transpose() * mean;
  const Eigen::MatrixXd cross = products.topRows(n) - mean.transpose() * answer;
  const double variance = covariance.trace() / static_cast<double>(n);
  if (!std::isfinite(variance) || !cross.allFinite())
    throw numeric_error({.what = "the states that the read-out is to be fitted to are not finite",
                         .hint = "a smaller init.scale, or scale the inputs down"});
  if (!(variance > 0)) {  // nothing to read from: answer with the mean
    std::copy_n(answer.data(), outputs_, readout.bias.begin());
    return readout;
  }
  covariance.diagonal().array() += ridge * variance;
  const Rows weight = covariance.ldlt().solve(cross).transpose();
  const Eigen::RowVectorXd bias = answer - mean * weight.transpose();
  std::copy_n(weight.data(), weight.size(), readout.weight.begin());
  std::copy_n(bias.data(), bias.size(), readout.bias.begin());
  return readout;
}

double softmax_scale(const std::vector<double>& scores, int classes, const std::vector<int>& labels) {
  const std::size_t width = static_cast<std::size_t>(classes);
  return least_at([&](double scale) {
    double slope = 0;
    for (std::size_t row = 0; row < labels.size(); ++row) {
      const double* const own = scores.data() + row * width;
      const double most = *std::max_element(own, own + classes);
      double sum = 0, weighted = 0;
      for (std::size_t c = 0; c < width; ++c) {
        const double chance = std::exp(scale * (own[c] - most));
        sum += chance;
        weighted += chance * own[c];
      }
      slope += weighted / sum - own[static_cast<std::size_t>(labels[row])];
    }
    return slope;
  });
}

// Newton's method; each step is halved until it helps.
Calibration logistic_calibration(const std::vector<double>& scores, const std::vector<double>& targets) {
  const double ridge = 1e-4 * static_cast<double>(scores.size());
  const auto loss = [&](const Eigen::Vector2d& at) {
    double sum = ridge * at.squaredNorm() / 2;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const double value = at[0] * scores[i] + at[1];
      sum += std::max(value, 0.0) + std::log1p(std::exp(-std::abs(value))) - targets[i] * value;
    }
    return sum;
  };
  Eigen::Vector2d at(1, 0);
  double best = loss(at);
  for (int turn = 0; turn < 100; ++turn) {
    Eigen::Vector2d slope = ridge * at;
    Eigen::Matrix2d curvature = ridge * Eigen::Matrix2d::Identity();
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const Eigen::Vector2d x(scores[i], 1);
      const double chance = 1 / (1 + std::exp(-at.dot(x)));
      slope += (chance - targets[i]) * x;
      curvature += chance * (1 - chance) * x * x.transpose();
    }
    Eigen::Vector2d step = curvature.ldlt().solve(slope);
    double now = loss(at - step);
    for (int half = 0; half < 40 && !(now <= best); ++half) {
      step /= 2;
      now = loss(at - step);
    }
    if (!(now < best)) break;
    at -= step;
    best = now;
  }
  return {at[0], at[1]};
}

}  // namespace hysteron
