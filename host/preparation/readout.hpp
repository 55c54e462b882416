#pragma once
#include <vector>

#include <hysteron/backend.hpp>

namespace hysteron {

/// What a score is multiplied by, and what is added.
struct Calibration {
  double scale = 1, offset = 0;
};

/// A linear read-out [outputs, inputs] and its bias [outputs].
struct LinearReadout {
  int inputs = 0, outputs = 0;
  std::vector<double> weight, bias;

  /// weight x + bias for rows x [rows, inputs]: [rows, outputs].
  std::vector<double> apply(const std::vector<double>& rows) const;
  void scale(double factor);
  void calibrate(int output, const Calibration& calibration);
};

/// Regularized least squares from sums over rows that arrive in parts: minimizes the mean square of weight x + bias - y
/// plus ridge times the mean variance of the inputs times |weight|^2.
class LeastSquares {
 public:
  LeastSquares(Backend& backend, int inputs, int outputs);
  /// rows [count, inputs], targets [count, outputs].
  void add(const std::vector<double>& rows, const std::vector<double>& targets);
  /// Throws a numeric error if the rows are not finite.
  LinearReadout solve(double ridge) const;

 private:
  Backend* backend_;
  int inputs_, outputs_;
  double count_ = 0;
  Tensor<double> squares_, products_;  // [inputs + 1, inputs + 1], [inputs + 1, outputs]; the last input is 1
};

/// The factor by which scores must be multiplied to minimize the mean cross-entropy of softmax at labels [rows].
double softmax_scale(const std::vector<double>& scores, int classes, const std::vector<int>& labels);
/// The calibration that minimizes the mean cross-entropy of the logistic function of one output at targets that are 0
/// or 1 (Platt 1999). Both numbers are pulled slightly toward 0, so that they stay finite for outputs that never
/// change.
Calibration logistic_calibration(const std::vector<double>& scores, const std::vector<double>& targets);

}  // namespace hysteron
