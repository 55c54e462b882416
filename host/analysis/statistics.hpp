#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace hysteron {

/// The middle value, or the mean of the two in the middle, of those that are numbers; not-a-number for none.
inline double median(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace hysteron
