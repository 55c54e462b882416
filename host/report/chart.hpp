#pragma once
#include <optional>
#include <string>
#include <vector>

namespace hysteron {

struct Line {
  std::string name;   ///< in the legend; empty: none
  std::string color;  ///< "#1f77b4"
  double width = 1;
  std::vector<double> x, y;  ///< points that are not finite are left out
};

/// A level to compare with, drawn across the chart.
struct Level {
  double value = 0;
  std::string name;
};

enum class Scale { linear, logarithmic };

struct Chart {
  std::string title, x_label, y_label;
  Scale y_scale = Scale::linear;
  std::vector<Line> lines;
  std::optional<Level> level;
};

/// The chart as an <svg> element, drawn by gnuplot; where that is missing or fails, a paragraph that says so.
std::string svg_of(const Chart& chart);

}  // namespace hysteron
