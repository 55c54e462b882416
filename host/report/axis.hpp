#pragma once
#include <string>
#include <vector>

#include "report/chart.hpp"

namespace hysteron {

/// The axis of a drawn chart: from where to where it goes, and what it is labeled with.
class Axis {
 public:
  enum class Steps { any, whole };

  /// An axis that shows these values, which are finite, and if it is logarithmic positive; it ends on labels where that
  /// costs little room. most: where it ends at the latest.
  Axis(std::vector<double> values, Scale scale, Steps steps, std::optional<double> most = {});

  /// 0 at its begin, 1 at its end.
  double position(double value) const;
  bool shows(double value) const;  ///< a value at or between its ends; a value up to 0 has no place on a logarithm
  double from() const { return from_; }
  double to() const { return to_; }

  struct Tick {
    double value;
    std::string label;
  };
  const std::vector<Tick>& ticks() const { return ticks_; }

 private:
  enum class End { rounded, fixed };  ///< whether it may go on to the next label

  void divide_evenly(Steps steps, End end);
  void divide_by_decades();
  void label_evenly(double step);

  Scale scale_;
  double from_ = 0, to_ = 1;
  std::vector<Tick> ticks_;
};

}  // namespace hysteron
