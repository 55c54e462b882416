#include "report/run_charts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "foundation/statistics.hpp"

namespace hysteron {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

/// What one key of one kind of event says over time: a value a replica at each x.
using Course = std::map<double, std::vector<double>>;

// A resumed run tells again what came after its checkpoint: the later word stands.
Course course_of(const RunRecord& run, const std::string& event, const char* x, const char* y) {
  Course course;
  for (const Json& entry : run.events) {
    if (entry.value("event", "") != event || !entry.contains(x) || !entry.contains(y) || !entry[y].is_array()) continue;
    std::vector<double>& values = course[entry[x].get<double>()];
    values.assign(run.replicas(), nothing);
    for (std::size_t r = 0; r < values.size() && r < entry[y].size(); ++r)
      if (entry[y][r].is_number()) values[r] = entry[y][r].get<double>();
  }
  return course;
}

bool holds_numbers(const Course& course) {
  return std::any_of(course.begin(), course.end(), [](const auto& entry) {
    return std::any_of(entry.second.begin(), entry.second.end(), [](double value) { return !std::isnan(value); });
  });
}

void add_lines(Chart& chart, const Course& course, std::size_t color, const std::string& label) {
  if (!holds_numbers(course)) return;
  const std::size_t replicas = course.begin()->second.size();
  Line middle{.name = replicas > 1 ? label + ", median" : label, .color = color, .x = {}, .y = {}};
  for (const auto& [x, values] : course) {
    middle.x.push_back(x);
    middle.y.push_back(median(values));
  }
  chart.lines.push_back(std::move(middle));
  for (std::size_t r = 0; replicas > 1 && r < replicas; ++r) {
    Line line{
        .name = fmt::format("{}, replica {}", label, r), .color = color, .weight = Weight::thin, .x = {}, .y = {}};
    for (const auto& [x, values] : course) {
      line.x.push_back(x);
      line.y.push_back(values[r]);
    }
    chart.lines.push_back(std::move(line));
  }
}

/// How many replicas have been at the level at some time up to each x.
Course solved_course(const Course& course, double level, bool from_above) {
  Course counts;
  std::vector<bool> solved;
  for (const auto& [x, values] : course) {
    solved.resize(values.size());
    double count = 0;
    for (std::size_t r = 0; r < values.size(); ++r) {
      if (from_above ? values[r] <= level : values[r] >= level) solved[r] = true;
      count += solved[r] ? 1 : 0;
    }
    counts[x] = {count};
  }
  return counts;
}

/// How many replicas' policies are optimal at each x; they may be so no longer at the next.
Course optimal_course(const Course& course) {
  Course counts;
  for (const auto& [x, values] : course)
    counts[x] = {
        static_cast<double>(std::count_if(values.begin(), values.end(), [](double value) { return value > 0; }))};
  return counts;
}

void add_solved(Chart& chart, const RunRecord& run, std::size_t color, const std::string& label) {
  const Json accuracy = run.result.value("solved_accuracy", Json()), loss = run.result.value("solved_loss", Json());
  Course counts;
  if (run.result.contains("optimal_return"))
    counts = optimal_course(course_of(run, "evaluated", "update", "optimal"));
  else if (accuracy.is_number())
    counts = solved_course(course_of(run, "validated", "update", "valid_accuracy"), accuracy.get<double>(), false);
  else if (loss.is_number())
    counts = solved_course(course_of(run, "validated", "update", "valid_loss"), loss.get<double>(), true);
  add_lines(chart, counts, color, fmt::format("{}, of {}", label, run.replicas()));
}

}  // namespace

std::vector<Chart> charts_of(const std::vector<RunRecord>& runs, const std::vector<std::string>& labels) {
  Chart warm{.title = "Attractors during warm-up",
             .caption =
                 "VAA*, the differentiable count of attractors over the number of sequences, that warm-up "
                 "maximizes.",
             .x_label = "warm-up step",
             .y_label = "VAA* (mean of the layers)",
             .y_from = 0,
             .y_to = 1,
             .lines = {},
             .levels = {}};
  Chart loss{.title = "Loss during training",
             .caption = "Of the validation. Thin lines are replicas, strong ones their median.",
             .x_label = "gradient step",
             .y_label = "validation loss",
             .y_scale = Scale::logarithmic,
             .y_from = {},
             .y_to = {},
             .lines = {},
             .levels = {}};
  Chart vaa{.title = "Attractors during training",
            .caption = "",
            .x_label = "gradient step",
            .y_label = "VAA",
            .y_from = 0,
            .y_to = 1,
            .lines = {},
            .levels = {}};
  Chart returns{.title = "Return during training",
                .caption = "Sum of rewards of the greedy policy, the mean over all starts.",
                .x_label = "episode",
                .y_label = "return",
                .y_from = {},
                .y_to = {},
                .lines = {},
                .levels = {}};
  Chart accuracy{.title = "Accuracy during training",
                 .caption = "",
                 .x_label = "gradient step",
                 .y_label = "share of right answers",
                 .y_from = 0,
                 .y_to = 1,
                 .lines = {},
                 .levels = {}};
  Chart solved{
      .title = "Replicas solved",
      .caption = "Replicas whose validation reached the level that counts as solved, or whose policy is optimal.",
      .x_label = "gradient step",
      .y_label = "replicas",
      .y_from = 0,
      .y_to = static_cast<double>(runs[0].replicas()),
      .lines = {},
      .levels = {}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    add_lines(warm, course_of(runs[i], "warmed", "step", "vaa_star"), i, labels[i]);
    add_lines(loss, course_of(runs[i], "validated", "update", "valid_loss"), i, labels[i]);
    add_lines(vaa, course_of(runs[i], "measured", "update", "vaa"), i, labels[i]);
    add_lines(returns, course_of(runs[i], "evaluated", "episode", "return"), i, labels[i]);
    add_lines(accuracy, course_of(runs[i], "validated", "update", "valid_accuracy"), i, labels[i]);
    add_solved(solved, runs[i], i, labels[i]);
  }
  if (const Json trivial = runs[0].result.value("trivial_loss", Json()); trivial.is_number())
    loss.levels.push_back({trivial.get<double>(), "without memory"});
  if (const Json level = runs[0].result.value("solved_loss", Json()); level.is_number())
    loss.levels.push_back({level.get<double>(), "solved"});
  for (const auto& [key, name] :
       {std::pair("optimal_return", "optimum"), std::pair("memoryless_return", "best without memory")})
    if (const Json level = runs[0].result.value(key, Json()); level.is_number())
      returns.levels.push_back({level.get<double>(), name});
  std::vector<Chart> charts;
  for (Chart* chart : {&warm, &vaa, &loss, &returns, &accuracy, &solved})
    if (!chart->lines.empty()) charts.push_back(std::move(*chart));
  return charts;
}

}  // namespace hysteron
