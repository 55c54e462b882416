#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hysteron {

enum class Weight { thin, strong };  ///< one replica of several; what stands for all of them

struct Line {
  std::string name;       ///< in the legend and at the pointer; thin lines are not in the legend
  std::size_t color = 0;  ///< the number of a color of the page; lines of one color are shown and hidden together
  Weight weight = Weight::strong;
  std::vector<double> x, y;  ///< points that are not finite are left out
};

/// A level to compare with, drawn dashed across the chart.
struct Level {
  double value = 0;
  std::string name;
};

/// counts: whole numbers, each of which holds until the next.
enum class Scale { linear, logarithmic, counts };

struct Chart {
  std::string title, caption;    ///< the caption says how to read it; may be empty
  std::string x_label, y_label;  ///< with units
  Scale y_scale = Scale::linear;
  std::optional<double> y_from, y_to;  ///< the axis shows at least these
  std::optional<double> y_most = {};   ///< the axis ends here at the latest; higher values leave the chart
  std::vector<Line> lines;
  std::vector<Level> levels;
};

/// What a screen shows of a line: the finite points, or every so many of them.
std::vector<std::pair<double, double>> shown_points(const Line& line);

/// Strong lines that are equal take turns, so that each is seen: which of how many a line is.
struct Turn {
  std::size_t place = 0, of = 1;
};
Turn turn_of(const Chart& chart, std::size_t line);

/// "below" or "above" for a level so far from all lines of a logarithmic chart that it would squeeze them: it is named
/// in the legend instead. Else empty.
std::string distance_of(const Chart& chart, const Level& level);

/// The chart as a <figure> element, drawn in the browser by the page's script.
std::string figure_of(const Chart& chart);

/// A gray picture, values row by row; dark is low.
struct Picture {
  int width = 0, height = 0;
  std::vector<double> values;
};

struct PictureRow {
  std::string label;
  std::vector<Picture> pictures;
};

/// Pictures in rows of equal length under one title, as a <figure> element.
struct PictureTable {
  std::string title, caption;
  double darkest = 0, brightest = 1;
  std::vector<PictureRow> rows;
};
std::string figure_of(const PictureTable& table);

/// The text with everything escaped that would be markup.
std::string escaped(std::string_view text);

}  // namespace hysteron
