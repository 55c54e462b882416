#include "report/chart.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "files/json.hpp"
#include "foundation/printable.hpp"

namespace hysteron {
namespace {

// A screen shows no more points than this, and the page stays small this way.
constexpr std::size_t most_points = 1000;

// Six digits are more than a screen shows.
double shortened(double value) { return std::stod(fmt::format("{:.6g}", value)); }

Json points(const Line& line) {
  Json list = Json::array();
  for (const auto& [x, y] : shown_points(line)) list.push_back({shortened(x), shortened(y)});
  return list;
}

// Only "</" could end the script element too early.
std::string script_of(const Json& data) {
  std::string text = json_line(data), safe;
  for (const char letter : text) {
    if (letter == '<')
      safe += "\\u003c";
    else
      safe += letter;
  }
  return "<script type=\"application/json\">" + safe + "</script>";
}

std::string figure(std::string_view kind, const std::string& title, const std::string& caption,
                   const std::string& inside) {
  return fmt::format("<figure class=\"{}\"><h3>{}</h3>{}{}</figure>\n", kind, escaped(title), inside,
                     caption.empty() ? "" : "<figcaption>" + escaped(caption) + "</figcaption>");
}

}  // namespace

std::vector<std::pair<double, double>> shown_points(const Line& line) {
  std::vector<std::pair<double, double>> shown;
  const std::size_t every = (line.x.size() + most_points - 1) / most_points;
  for (std::size_t i = 0; i < line.x.size(); ++i)
    if (std::isfinite(line.y[i]) && (i % every == 0 || i + 1 == line.x.size()))
      shown.emplace_back(line.x[i], line.y[i]);
  return shown;
}

Turn turn_of(const Chart& chart, std::size_t line) {
  const Line& own = chart.lines[line];
  if (own.weight != Weight::strong) return {};
  const auto own_points = shown_points(own);
  Turn turn{.place = 0, .of = 0};
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    if (chart.lines[i].weight != Weight::strong || shown_points(chart.lines[i]) != own_points) continue;
    if (i < line) ++turn.place;
    ++turn.of;
  }
  return turn;
}

std::string distance_of(const Chart& chart, const Level& level) {
  if (chart.y_scale != Scale::logarithmic) return "";
  double least = std::numeric_limits<double>::infinity(), largest = 0;
  for (const Line& line : chart.lines)
    for (const auto& [x, y] : shown_points(line)) {
      if (!(y > 0)) continue;
      least = std::min(least, y);
      largest = std::max(largest, y);
    }
  if (largest == 0) return "";
  return level.value < least / 10 ? "below" : level.value > largest * 10 ? "above" : "";
}

std::string figure_of(const Chart& chart) {
  Json lines = Json::array(), levels = Json::array();
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    const Line& line = chart.lines[i];
    const Turn turn = turn_of(chart, i);
    lines.push_back({{"name", line.name},
                     {"color", line.color},
                     {"strong", line.weight == Weight::strong},
                     {"turn", {turn.place, turn.of}},
                     {"points", points(line)}});
  }
  for (const Level& level : chart.levels)
    levels.push_back(
        {{"name", level.name}, {"value", shortened(level.value)}, {"distance", distance_of(chart, level)}});
  const Json data{{"x", chart.x_label},
                  {"y", chart.y_label},
                  {"logarithmic", chart.y_scale == Scale::logarithmic},
                  {"counts", chart.y_scale == Scale::counts},
                  {"from", chart.y_from ? Json(*chart.y_from) : Json()},
                  {"to", chart.y_to ? Json(*chart.y_to) : Json()},
                  {"most", chart.y_most ? Json(*chart.y_most) : Json()},
                  {"lines", lines},
                  {"levels", levels}};
  return figure("chart", chart.title, chart.caption,
                fmt::format("<div class=\"canvas\"><canvas role=\"img\" aria-label=\"{}\"></canvas></div>{}",
                            escaped(chart.title), script_of(data)));
}

std::string figure_of(const PictureTable& table) {
  std::string inside = "<div class=\"pictures\">";
  for (const PictureRow& row : table.rows) {
    inside += fmt::format("<p>{}</p><div class=\"row\">", escaped(row.label));
    for (const Picture& picture : row.pictures) {
      Json values = Json::array();
      const double range = table.brightest - table.darkest;
      for (const double value : picture.values)
        values.push_back(static_cast<int>(std::lround(255 * std::clamp((value - table.darkest) / range, 0.0, 1.0))));
      inside += fmt::format(
          "<div class=\"picture\"><canvas width=\"{}\" height=\"{}\" role=\"img\" aria-label=\"{}\"></canvas>{}</div>",
          picture.width, picture.height, escaped(row.label), script_of(values));
    }
    inside += "</div>";
  }
  return figure("picture-table", table.title, table.caption, inside + "</div>");
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char letter : printable(text, Newlines::kept)) {
    if (letter == '<')
      safe += "&lt;";
    else if (letter == '>')
      safe += "&gt;";
    else if (letter == '&')
      safe += "&amp;";
    else if (letter == '"')
      safe += "&quot;";
    else
      safe += letter;
  }
  return safe;
}

}  // namespace hysteron
