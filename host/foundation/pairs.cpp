#include "foundation/pairs.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numeric>
#include <vector>

#include <hysteron/random.hpp>

namespace hysteron {
namespace {

Interval bootstrap_interval(std::span<const double> values) {
  constexpr std::size_t resamples = 10000;
  const auto count = static_cast<std::int64_t>(values.size());
  Random random(0, Stream::resampling);
  std::vector<double> means(resamples);
  for (double& mean : means) {
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += values[static_cast<std::size_t>(random.below(count))];
    mean = sum / static_cast<double>(count);
  }
  std::sort(means.begin(), means.end());
  return {means[resamples / 40], means[resamples - 1 - resamples / 40]};
}

// The 97.5 % quantile of Student's t; beyond the table, that of its last line, which is wider.
double student_quantile(std::size_t degrees) {
  constexpr double quantiles[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                                  2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086};
  return quantiles[std::min(degrees, std::size(quantiles)) - 1];
}

Interval student_interval(std::span<const double> values, double mean) {
  if (values.size() < 2) return {-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  const double degrees = static_cast<double>(values.size() - 1);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double half = student_quantile(values.size() - 1) * std::sqrt(squares / degrees / (degrees + 1));
  return {mean - half, mean + half};
}

}  // namespace

PairedDifference paired_difference(std::span<const double> differences) {
  PairedDifference result;
  result.pairs = differences.size();
  if (differences.empty()) return result;
  result.mean = std::accumulate(differences.begin(), differences.end(), 0.0) / static_cast<double>(result.pairs);
  result.interval = bootstrap_interval(differences);
  result.student = student_interval(differences, result.mean);
  for (const double difference : differences) {
    result.positive += difference > 0 ? 1 : 0;
    result.negative += difference < 0 ? 1 : 0;
  }
  return result;
}

}  // namespace hysteron
