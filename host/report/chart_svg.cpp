#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/axis.hpp"
#include "report/chart_files.hpp"

namespace hysteron {
namespace {

constexpr double picture_width = 640, plot_left = 70, plot_right = 620, plot_top = 36, plot_height = 280;
constexpr double plot_bottom = plot_top + plot_height, legend_top = plot_bottom + 62, legend_row = 18;
constexpr double letter_width = 7.2;  // about, at 12 pixels
// As in page.css, the light theme.
constexpr const char* line_colors[] = {"#0072b2", "#c84e00", "#00805c", "#b0508a",
                                       "#8a6d00", "#2b8fc7", "#6b4fb3", "#5c626b"};
constexpr const char *svg_ink = "#1d1f23", *svg_soft = "#5c626b", *svg_grid = "#d9dce1";

const char* color_of(const Line& line) { return line_colors[line.color % std::size(line_colors)]; }

std::string svg_text(double x, double y, const char* anchor, const char* color, const std::string& text,
                     const char* more = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" fill=\"{}\"{}>{}</text>\n", x, y, anchor,
                     color, more, escaped(text));
}

std::string svg_line(double x1, double y1, double x2, double y2, const char* color, const char* more = "") {
  return fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke=\"{}\"{}/>\n", x1, y1, x2, y2, color, more);
}

const char* dash_of_level(std::size_t level) {
  return level % 2 == 0 ? " stroke-dasharray=\"7 4\" stroke-width=\"1.4\""
                        : " stroke-dasharray=\"2 3\" stroke-width=\"1.4\"";
}

/// One chart, whose plot and legend are placed from the top of the picture down.
class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart), x_(axis_of_steps()), y_(axis_of_values()) {}

  std::string text() const {
    std::string svg = svg_text(12, 22, "start", svg_ink, chart_.title, " font-size=\"15\" font-weight=\"600\"");
    for (const Axis::Tick& tick : x_.ticks()) {
      svg += svg_line(x_at(tick.value), plot_top, x_at(tick.value), plot_bottom, svg_grid);
      svg += svg_text(x_at(tick.value), plot_bottom + 17, "middle", svg_soft, tick.label);
    }
    for (const Axis::Tick& tick : y_.ticks()) {
      svg += svg_line(plot_left, y_at(tick.value), plot_right, y_at(tick.value), svg_grid);
      svg += svg_text(plot_left - 8, y_at(tick.value) + 4, "end", svg_soft, tick.label);
    }
    svg += svg_text((plot_left + plot_right) / 2, plot_bottom + 36, "middle", svg_soft, chart_.x_label);
    const double middle = (plot_top + plot_bottom) / 2;
    svg += svg_text(16, middle, "middle", svg_soft, chart_.y_label,
                    fmt::format(" transform=\"rotate(-90 16 {})\"", middle).c_str());
    for (const Weight weight : {Weight::thin, Weight::strong})
      for (std::size_t i = 0; i < chart_.lines.size(); ++i)
        if (chart_.lines[i].weight == weight) svg += curve(i);
    for (std::size_t i = 0; i < chart_.levels.size(); ++i)
      if (const double value = chart_.levels[i].value; distance_of(chart_, chart_.levels[i]).empty() && y_.shows(value))
        svg += svg_line(plot_left, y_at(value), plot_right, y_at(value), svg_soft, dash_of_level(i));
    return svg + legend(nullptr);
  }

  double height() const {
    double rows = 0;
    legend(&rows);
    return legend_top + rows * legend_row;
  }

 private:
  Axis axis_of_steps() const {
    std::vector<double> values;
    for (const Line& line : chart_.lines)
      for (const auto& [x, y] : shown_points(line)) values.push_back(x);
    const bool whole = std::ranges::all_of(values, [](double value) { return value == std::floor(value); });
    return Axis(std::move(values), Scale::linear, whole ? Axis::Steps::whole : Axis::Steps::any);
  }
  Axis axis_of_values() const {
    const bool logarithmic = chart_.y_scale == Scale::logarithmic;
    std::vector<double> values;
    const auto add = [&](double value) {
      if (std::isfinite(value) && (!logarithmic || value > 0)) values.push_back(value);
    };
    for (const Line& line : chart_.lines)
      for (const auto& [x, y] : shown_points(line)) add(y);
    for (const Level& level : chart_.levels)
      if (distance_of(chart_, level).empty()) add(level.value);
    for (const std::optional<double>& end : {chart_.y_from, chart_.y_to})
      if (end) add(*end);
    return Axis(std::move(values), chart_.y_scale,
                chart_.y_scale == Scale::counts ? Axis::Steps::whole : Axis::Steps::any, chart_.y_most);
  }

  double x_at(double value) const { return plot_left + x_.position(value) * (plot_right - plot_left); }
  double y_at(double value) const { return plot_bottom - y_.position(value) * plot_height; }

  std::string curve(std::size_t index) const {
    const Line& line = chart_.lines[index];
    const bool strong = line.weight == Weight::strong;
    const Turn turn = turn_of(chart_, index);
    std::string path, dash;
    std::size_t points = 0;
    for (const auto& [x, y] : shown_points(line)) {
      if (chart_.y_scale == Scale::logarithmic && !(y > 0)) continue;
      const double at_y = y_at(std::clamp(y, y_.from(), y_.to()));
      if (points++ == 0)
        path += fmt::format("M{:.1f} {:.1f}", x_at(x), at_y);
      else if (chart_.y_scale == Scale::counts)
        path += fmt::format("H{:.1f}V{:.1f}", x_at(x), at_y);
      else
        path += fmt::format("L{:.1f} {:.1f}", x_at(x), at_y);
    }
    if (points == 0) return "";
    if (points == 1) path += "h0.01";  // with round ends, a dot
    if (turn.of > 1)
      dash = fmt::format(" stroke-dasharray=\"7 {}\" stroke-dashoffset=\"-{}\"", 7 * (turn.of - 1), 7 * turn.place);
    return fmt::format("<path d=\"{}\" stroke=\"{}\" stroke-width=\"{}\"{}{}{}/>\n", path, color_of(line),
                       points == 1 ? 6.0
                       : strong    ? 2.5
                                   : 1.1,
                       strong ? "" : " stroke-opacity=\"0.4\"", points == 1 ? " stroke-linecap=\"round\"" : "", dash);
  }

  /// rows: where the number of its rows goes; may be null.
  std::string legend(double* rows) const {
    std::string svg;
    double x = 12, y = legend_top;
    const auto entry = [&](const std::string& name, const char* color, const char* style) {
      const double room = 40 + letter_width * static_cast<double>(name.size());
      if (x > 12 && x + room > picture_width) x = 12, y += legend_row;
      svg += svg_line(x, y - 4, x + 22, y - 4, color, style);
      svg += svg_text(x + 28, y, "start", svg_ink, name);
      x += room;
    };
    for (const Line& line : chart_.lines)
      if (line.weight == Weight::strong && !line.name.empty())
        entry(line.name, color_of(line), " stroke-width=\"2.5\"");
    for (std::size_t i = 0; i < chart_.levels.size(); ++i) {
      const Level& level = chart_.levels[i];
      const std::string where = distance_of(chart_, level);
      entry(where.empty() ? level.name : fmt::format("{}: {:.4g}, {}", level.name, level.value, where), svg_soft,
            dash_of_level(i));
    }
    if (rows) *rows = (y - legend_top) / legend_row + 1;
    return svg;
  }

  const Chart& chart_;
  Axis x_, y_;
};

}  // namespace

std::string svg_of(const std::vector<Chart>& charts) {
  std::string drawn;
  double height = 0;
  for (const Chart& chart : charts) {
    const Drawing drawing(chart);
    drawn += fmt::format("<g transform=\"translate(0 {:.1f})\">\n{}</g>\n", height, drawing.text());
    height += drawing.height();
  }
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1:.0f}\" viewBox=\"0 0 {0} {1:.0f}\" "
      "font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"none\">\n"
      "<rect width=\"{0}\" height=\"{1:.0f}\" fill=\"#ffffff\"/>\n{2}</svg>\n",
      picture_width, height, drawn);
}

}  // namespace hysteron
