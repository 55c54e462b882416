#pragma once
#include <cstddef>
#include <span>

namespace hysteron {

struct Interval {
  double low = 0, high = 0;
};

/// The mean of paired differences, and how certain it is.
struct PairedDifference {
  std::size_t pairs = 0;
  double mean = 0;
  Interval interval;  ///< 95 %, percentile bootstrap (Efron 1979) of 10,000 resamples, the same draws every time
  Interval student;   ///< 95 %, Student's t, which is stricter with few pairs; unbounded for a single one
  std::size_t positive = 0, negative = 0;
};

/// differences: one for each pair, all finite. Without any, pairs is 0.
PairedDifference paired_difference(std::span<const double> differences);

}  // namespace hysteron
