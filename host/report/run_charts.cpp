#include "report/run_charts.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "foundation/statistics.hpp"
#include "report/replica_figures.hpp"

namespace hysteron {
namespace {

void add_lines(Chart& chart, const Course& course, std::size_t color, const std::string& label) {
  if (std::none_of(course.begin(), course.end(), [](const auto& entry) { return holds_numbers(entry.second); })) return;
  const std::size_t replicas = course.begin()->second.size();
  Line middle{.name = replicas > 1 ? label + ", median" : label, .color = color, .x = {}, .y = {}};
  for (const auto& [x, values] : course) {
    middle.x.push_back(static_cast<double>(x));
    middle.y.push_back(median(values));
  }
  chart.lines.push_back(std::move(middle));
  for (std::size_t r = 0; replicas > 1 && r < replicas; ++r) {
    Line line{
        .name = fmt::format("{}, replica {}", label, r), .color = color, .weight = Weight::thin, .x = {}, .y = {}};
    for (const auto& [x, values] : course) {
      line.x.push_back(static_cast<double>(x));
      line.y.push_back(values[r]);
    }
    chart.lines.push_back(std::move(line));
  }
}

enum class Reached { from_above, from_below };

/// How many replicas have reached the level by each x.
Course solved_course(const Course& course, double level, Reached reached) {
  Course counts;
  std::vector<bool> solved;
  for (const auto& [x, values] : course) {
    solved.resize(values.size());
    double count = 0;
    for (std::size_t r = 0; r < values.size(); ++r) {
      if (reached == Reached::from_above ? values[r] <= level : values[r] >= level) solved[r] = true;
      count += solved[r] ? 1 : 0;
    }
    counts[x] = {count};
  }
  return counts;
}

/// How many replicas have an optimal policy at each x. A policy may stop being optimal.
Course optimal_course(const Course& course) {
  Course counts;
  for (const auto& [x, values] : course)
    counts[x] = {
        static_cast<double>(std::count_if(values.begin(), values.end(), [](double value) { return value > 0; }))};
  return counts;
}

std::string of_replicas(const std::string& label, const RunRecord& run) {
  return fmt::format("{}, of {}", label, run.result.replicas);
}

void add_solved(Chart& chart, const RunRecord& run, std::size_t color, const std::string& label) {
  const auto& predictions = run.result.predictions;
  if (!predictions) return;
  Course counts;
  if (predictions->solved_accuracy)
    counts = solved_course(run.history.valid_accuracy, *predictions->solved_accuracy, Reached::from_below);
  else if (predictions->solved_loss)
    counts = solved_course(run.history.valid_loss, *predictions->solved_loss, Reached::from_above);
  add_lines(chart, counts, color, of_replicas(label, run));
}

}  // namespace

std::vector<Chart> charts_of(const std::vector<RunRecord>& runs, const std::vector<std::string>& labels) {
  Chart warm{.title = "Attractors during warm-up",
             .caption =
                 "VAA*, the differentiable count of attractors over the number of sequences, that warm-up "
                 "maximizes. Its early steps run few constant inputs, so that it may begin near 1 and fall.",
             .x_label = "warm-up step",
             .y_label = "VAA* (mean of the layers)",
             .y_from = 0,
             .y_to = 1,
             .lines = {},
             .levels = {}};
  Chart loss{.title = "Loss during training",
             .caption = "Validation loss. Thin lines are replicas, strong ones their median.",
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
  const auto most_replicas =
      std::ranges::max(runs, {}, [](const RunRecord& run) { return run.result.replicas; }).result.replicas;
  Chart solved{.title = "Replicas solved",
               .caption = "Replicas whose validation has reached the level that counts as solved.",
               .x_label = "gradient step",
               .y_label = "replicas",
               .y_scale = Scale::counts,
               .y_from = 0,
               .y_to = static_cast<double>(most_replicas),
               .lines = {},
               .levels = {}};
  Chart optimal = solved;
  optimal.title = "Replicas with an optimal policy";
  optimal.caption = "Of the greedy policies at each evaluation.";
  optimal.x_label = "episode";
  for (std::size_t i = 0; i < runs.size(); ++i) {
    add_lines(warm, runs[i].history.warm_up, i, labels[i]);
    add_lines(loss, runs[i].history.valid_loss, i, labels[i]);
    add_lines(vaa, runs[i].history.vaa, i, labels[i]);
    add_lines(returns, runs[i].history.returns, i, labels[i]);
    add_lines(accuracy, runs[i].history.valid_accuracy, i, labels[i]);
    add_solved(solved, runs[i], i, labels[i]);
    add_lines(optimal, optimal_course(runs[i].history.optimal), i, of_replicas(labels[i], runs[i]));
  }
  if (const auto& predictions = runs[0].result.predictions) {
    if (predictions->trivial_loss) loss.levels.push_back({*predictions->trivial_loss, "without memory"});
    if (predictions->solved_loss) loss.levels.push_back({*predictions->solved_loss, "solved"});
  }
  if (const auto& policies = runs[0].result.policies) {
    for (const Level& level :
         {Level{policies->optimal_return, "optimum"}, Level{policies->memoryless_return, "best without memory"}})
      if (std::isfinite(level.value)) returns.levels.push_back(level);  // of an unfinished run they are not known
  }
  std::vector<Chart> charts;
  for (Chart* chart : {&warm, &vaa, &loss, &returns, &accuracy, &solved, &optimal})
    if (!chart->lines.empty()) charts.push_back(std::move(*chart));
  return charts;
}

}  // namespace hysteron
