#include "memory/lag_regression.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace hysteron {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

constexpr double infinite = std::numeric_limits<double>::infinity();

/// Means, and means of products of differences from given means.
struct Statistics {
  Statistics(const MomentBlock& block, const Vector* about_state = nullptr, const Vector* about_past = nullptr) {
    const auto width = static_cast<Eigen::Index>(block.states.size()),
               columns = static_cast<Eigen::Index>(block.past.size());
    const double n = block.count;
    state_mean = Eigen::Map<const Vector>(block.states.data(), width) / n;
    past_mean = Eigen::Map<const Vector>(block.past.data(), columns) / n;
    const Vector& state_center = about_state ? *about_state : state_mean;
    const Vector& past_center = about_past ? *about_past : past_mean;
    const Vector state_off = state_mean - state_center, past_off = past_mean - past_center;
    covariance = Eigen::Map<const Matrix>(block.state_squares.data(), width, width) / n;
    covariance += state_off * state_off.transpose() - state_mean * state_mean.transpose();
    shared = Eigen::Map<const Matrix>(block.mixed.data(), width, columns) / n;
    shared += state_off * past_off.transpose() - state_mean * past_mean.transpose();
    past_variance = Eigen::Map<const Vector>(block.past_squares.data(), columns) / n;
    past_variance.array() += past_off.array().square() - past_mean.array().square();
  }
  double state_variance() const { return std::max(0.0, covariance.trace() / static_cast<double>(covariance.rows())); }

  Vector state_mean, past_mean;
  Matrix covariance, shared;  // [width, width], [width, columns]
  Vector past_variance;       // [columns]
};

/// Decoders along the principal directions of the states.
struct Spectrum {
  explicit Spectrum(const Statistics& statistics) : solver(statistics.covariance) {
    variances = solver.eigenvalues().cwiseMax(0);
    turned = solver.eigenvectors().transpose() * statistics.shared;
    smallest = 1e-14 * variances.maxCoeff();  // below this there is only rounding error
  }
  /// The factors by which the covariances along each direction are multiplied.
  Vector gains(double ridge) const {
    return variances.unaryExpr([&](double v) { return v + ridge > smallest ? 1 / (v + ridge) : 0.0; });
  }

  Eigen::SelfAdjointEigenSolver<Matrix> solver;
  Vector variances;
  Matrix turned;
  double smallest = 0;
};

// A ridge for each lag, in units of the states' mean variance: the strongest one whose decoders, made from `fitted`,
// have an error on `held` at most a hundredth above the best. Weaker ridges gain next to nothing there, and lose much
// on the rare sequence that is unlike all others. Infinite: the mean does as well.
std::vector<double> chosen_ridges(const MomentBlock& fitted, const MomentBlock& held, int features) {
  std::vector<double> best(fitted.past.size() / features, infinite);
  if (fitted.count < 2 || held.count < 1) return std::vector<double>(best.size(), 1e-6);
  const Statistics fit(fitted);
  if (!(fit.state_variance() > 0)) return best;
  const Statistics other(held, &fit.state_mean, &fit.past_mean);
  const Spectrum spectrum(fit);
  const Matrix& directions = spectrum.solver.eigenvectors();
  const Matrix covariance = directions.transpose() * other.covariance * directions;
  const Matrix shared = directions.transpose() * other.shared;
  const auto by_lag = [&](const Vector& errors) {
    std::vector<double> sums(best.size());
    for (std::size_t i = 0; i < fitted.past.size(); ++i) sums[i / features] += errors[static_cast<Eigen::Index>(i)];
    return sums;
  };
  std::vector<double> ridges;
  std::vector<std::vector<double>> errors;  // for each ridge [lags], from the weakest to the strongest
  for (double ridge = 1e-10; ridge < 200; ridge *= 10) {
    const Matrix decoders = spectrum.gains(ridge * fit.state_variance()).asDiagonal() * spectrum.turned;
    const Matrix moved = covariance * decoders - 2 * shared;
    ridges.push_back(ridge);
    errors.push_back(by_lag(other.past_variance + decoders.cwiseProduct(moved).colwise().sum().transpose()));
  }
  ridges.push_back(infinite);
  errors.push_back(by_lag(other.past_variance));
  for (std::size_t lag = 0; lag < best.size(); ++lag) {
    double least = infinite;
    for (const std::vector<double>& each : errors) least = std::min(least, each[lag]);
    for (std::size_t i = 0; i < ridges.size(); ++i)
      if (errors[i][lag] <= least + 0.01 * std::abs(least)) best[lag] = ridges[i];
  }
  return best;
}

}  // namespace

LagRegression::LagRegression(Backend& backend, int width, int lags, int features, std::optional<double> ridge)
    : backend_(&backend),
      width_(width),
      lags_(lags),
      features_(features),
      ridge_(ridge),
      fitted_(backend, width, lags, features),
      chosen_by_(backend, width, lags, features),
      most_rows_(rows_of_buffer(columns(lags))),
      states_(std::ptrdiff_t(most_rows_) * width),
      past_(most_rows_ * columns(lags)),
      mean_(columns(lags)),
      constant_(columns(lags)),
      error_(columns(lags)),
      difference_(columns(lags)),
      tested_(lags),
      state_rows_(backend, {most_rows_, width}),
      decoded_rows_(backend, {most_rows_, lags * std::ptrdiff_t(features)}),
      decoders_(backend, {width, lags * std::ptrdiff_t(features)}) {}

std::span<const double> LagRegression::from_origin(std::span<const double> state) {
  if (origin_.empty()) origin_.assign(state.begin(), state.end());
  moved_.resize(state.size());
  std::transform(state.begin(), state.end(), origin_.begin(), moved_.begin(), std::minus<>());
  return moved_;
}

void LagRegression::learn(std::span<const double> state, std::span<const double> past) {
  const int reach = std::min(lags_, static_cast<int>(past.size()) / features_);
  if (reach < reach_) solve_lags(reach, reach_);
  reach_ = reach;
  (learned_ % 5 == 4 ? chosen_by_ : fitted_).add(from_origin(state), past.first(columns(reach)));
  if (++learned_ == 2) decoded_ = reach;
}

// The decoders of lags from .. to - 1: every state learned so far has these lags, and no later one will.
void LagRegression::solve_lags(int from, int to) {
  if (learned_ < 2) return;
  MomentBlock all = fitted_.block(from, to);
  const MomentBlock held = chosen_by_.block(from, to);
  const std::vector<double> ridges =
      ridge_ ? std::vector<double>(to - from, *ridge_) : chosen_ridges(all, held, features_);
  all += held;
  const Statistics statistics(all);
  state_variance_ = statistics.state_variance();
  const auto used = statistics.past_mean.size();
  Matrix decoders = Matrix::Zero(width_, used);  // when all states are alike, the answer is the mean
  if (state_variance_ > 0) {
    const Spectrum spectrum(statistics);
    for (int lag = from; lag < to; ++lag) {
      const Eigen::Index column = Eigen::Index(lag - from) * features_;
      const double ridge = ridges[lag - from];
      if (ridge < infinite)
        decoders.middleCols(column, features_) =
            spectrum.gains(ridge * state_variance_).asDiagonal() * spectrum.turned.middleCols(column, features_);
    }
    decoders = spectrum.solver.eigenvectors() * decoders;
  }
  const Vector constant = statistics.past_mean - decoders.transpose() * statistics.state_mean;
  const std::size_t first = columns(from);
  std::copy_n(statistics.past_mean.data(), used, mean_.begin() + static_cast<std::ptrdiff_t>(first));
  std::copy_n(constant.data(), used, constant_.begin() + static_cast<std::ptrdiff_t>(first));
  for (Eigen::Index row = 0; row < width_; ++row)
    backend_->copy_in(decoders_.data() + row * columns(lags_) + first, decoders.data() + row * used,
                      used * sizeof(double));
}

void LagRegression::solve() {
  if (reach_ > 0) solve_lags(0, reach_);
  reach_ = 0;
}

void LagRegression::test(std::span<const double> state, std::span<const double> past) {
  const int reach = std::min(decoded_, static_cast<int>(past.size()) / features_);
  if (rows_ == most_rows_ || reach != reach_) compare();
  reach_ = reach;
  if (reach == 0) return;
  const std::span<const double> moved = from_origin(state);
  const auto row = static_cast<std::ptrdiff_t>(rows_++);
  std::copy(moved.begin(), moved.end(), states_.begin() + row * width_);
  std::copy_n(past.begin(), columns(reach), past_.begin() + row * static_cast<std::ptrdiff_t>(columns(lags_)));
}

void LagRegression::compare() {
  if (rows_ == 0) return;
  const auto wide = static_cast<std::ptrdiff_t>(columns(lags_)), used = static_cast<std::ptrdiff_t>(columns(reach_));
  backend_->copy_in(state_rows_.data(), states_.data(), rows_ * width_ * sizeof(double));
  operations_of<double>(*backend_).product(state_rows_.view(1, rows_, width_), Transposed::no,
                                           decoders_.view(1, width_, wide).columns_from(0, used), Transposed::no,
                                           decoded_rows_.view(1, rows_, used), Result::replaced);
  std::vector<double> decoded(rows_ * used);
  backend_->copy_out(decoded.data(), decoded_rows_.data(), decoded.size() * sizeof(double));
  for (std::ptrdiff_t row = 0; row < rows_; ++row)
    for (std::ptrdiff_t i = 0; i < used; ++i) {
      const std::size_t at = i;
      const double past = past_[row * wide + i];
      const double wrong = decoded[row * used + i] + constant_[at] - past;
      error_[at] += wrong * wrong;
      difference_[at] += (past - mean_[at]) * (past - mean_[at]);
    }
  for (int lag = 0; lag < reach_; ++lag) tested_[lag] += rows_;
  rows_ = 0;
}

MemoryCapacity LagRegression::result() {
  compare();
  MemoryCapacity memory;
  double errors = 0, differences = 0;
  for (int lag = 0; lag < decoded_ && tested_[lag] > 0; ++lag) {
    double error = 0, difference = 0, capacity = 0;
    for (std::size_t i = columns(lag); i < columns(lag + 1); ++i) {
      error += error_[i];
      difference += difference_[i];
      if (difference_[i] > 0) capacity += std::max(0.0, 1 - error_[i] / difference_[i]);
    }
    const std::int64_t count = tested_[lag];
    const double values = static_cast<double>(count) * features_;
    memory.error.push_back(error / values);
    memory.variance.push_back(difference / values);
    memory.capacities.push_back(capacity);
    memory.count.push_back(count);
    memory.capacity += capacity;
    errors += error;
    differences += difference;
  }
  memory.restitution = differences > 0 ? 1 - errors / differences : 0;
  return memory;
}

}  // namespace hysteron
