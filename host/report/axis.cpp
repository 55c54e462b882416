#include "report/axis.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace hysteron {
namespace {

constexpr int wanted_ticks = 6;

/// The smallest of 1, 2, 5, 10, 20, .. (or of tenths, hundredths, ..) that is not below this.
double round_step(double least) {
  const double decade = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * decade >= least * (1 - 1e-9)) return factor * decade;
  return 10 * decade;
}

std::string label_of(double value) { return fmt::format("{:.6g}", value); }

}  // namespace

Axis::Axis(std::vector<double> values, Scale scale, Steps steps, std::optional<double> most) : scale_(scale) {
  if (!values.empty()) {
    const auto [least, largest] = std::ranges::minmax_element(values);
    from_ = *least, to_ = *largest;
  } else if (scale == Scale::logarithmic) {
    from_ = 0.1;
  }
  const double end = most.value_or(to_);
  const bool cut = from_ < end && end < to_;
  if (cut) to_ = end;
  if (scale == Scale::logarithmic) {
    divide_by_decades();
    return;
  }
  if (from_ == to_) {  // one value alone gets room around it
    const double room = steps == Steps::whole ? std::max(1.0, std::ceil(std::abs(from_) / 10))
                        : from_ == 0          ? 1
                                              : std::abs(from_) / 10;
    if (from_ != 0 || steps == Steps::any) from_ -= room;
    to_ += room;
  }
  divide_evenly(steps, cut ? End::fixed : End::rounded);
}

void Axis::divide_evenly(Steps steps, End end) {
  double step = round_step((to_ - from_) / wanted_ticks);
  if (steps == Steps::whole) step = std::max(step, 1.0);
  // Counts from a part of a step on would otherwise begin with a gap.
  const double first = std::floor(from_ / step + 1e-9), last = std::ceil(to_ / step - 1e-9);
  if (first * step >= from_ - step / 2) from_ = std::min(from_, first * step);
  if (end == End::rounded && last * step <= to_ + step / 2) to_ = std::max(to_, last * step);
  label_evenly(step);
}

void Axis::label_evenly(double step) {
  ticks_.clear();
  // Counted, since large numbers do not grow by 1.
  const double first = std::floor(from_ / step);
  for (int i = 0; i <= 2 * wanted_ticks; ++i)
    if (const double value = (first + i) * step; shows(value) && (ticks_.empty() || value > ticks_.back().value))
      ticks_.push_back({value, label_of(value)});
}

void Axis::divide_by_decades() {
  const double first = std::floor(std::log10(from_) + 1e-9), last = std::ceil(std::log10(to_) - 1e-9);
  const bool few = last - first < 3;
  if (!few || first == last) {
    from_ = std::pow(10.0, first);
    to_ = std::pow(10.0, std::max(last, first + 1));
  } else {
    from_ /= 1.1, to_ *= 1.1;
  }
  const double every = std::ceil((last - first) / wanted_ticks);
  for (double decade = first; decade <= std::max(last, first + 1); decade += few ? 1 : every)
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * std::pow(10.0, decade);
      if ((factor == 1 || few) && shows(value)) ticks_.push_back({value, label_of(value)});
    }
  if (ticks_.size() < 3) label_evenly(round_step((to_ - from_) / wanted_ticks));
}

double Axis::position(double value) const {
  if (scale_ == Scale::logarithmic) return std::log(value / from_) / std::log(to_ / from_);
  return (value - from_) / (to_ - from_);
}

bool Axis::shows(double value) const {
  if (!std::isfinite(value) || (scale_ == Scale::logarithmic && !(value > 0))) return false;
  const double at = position(value);
  return at >= -1e-9 && at <= 1 + 1e-9;
}

}  // namespace hysteron
