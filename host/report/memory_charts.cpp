#include "report/memory_charts.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>

#include "foundation/statistics.hpp"

namespace hysteron {
namespace {

using Curve = std::vector<double>;  ///< a value at each lag or step

/// A line for each replica, and one for their median.
void add_curves(Chart& chart, const std::vector<Curve>& replicas, std::size_t color, const std::string& label) {
  if (replicas.empty()) return;
  std::size_t length = 0;
  for (const Curve& curve : replicas) length = std::max(length, curve.size());
  Curve x(length), middle;
  for (std::size_t i = 0; i < length; ++i) {
    x[i] = static_cast<double>(i);
    std::vector<double> at;
    for (const Curve& curve : replicas)
      if (i < curve.size()) at.push_back(curve[i]);
    middle.push_back(median(at));
  }
  chart.lines.push_back(
      {.name = replicas.size() > 1 ? label + ", median" : label, .color = color, .x = x, .y = middle});
  for (std::size_t r = 0; replicas.size() > 1 && r < replicas.size(); ++r)
    chart.lines.push_back({.name = fmt::format("{}, replica {}", label, r),
                           .color = color,
                           .weight = Weight::thin,
                           .x = {x.begin(), x.begin() + static_cast<std::ptrdiff_t>(replicas[r].size())},
                           .y = replicas[r]});
}

/// Errors over variances, both summed over nearby lags, since some inputs hardly vary, such as the border of a digit.
Curve smoothed_ratio(const Curve& errors, const Curve& variances) {
  const std::size_t size = errors.size(), reach = size / 56;
  Curve relative(size);
  for (std::size_t lag = 0; lag < size; ++lag) {
    double error = 0, variance = 0;
    for (std::size_t i = lag - std::min(lag, reach); i <= std::min(lag + reach, size - 1); ++i) {
      error += errors[i];
      variance += variances[i];
    }
    relative[lag] = variance > 0 ? error / variance : std::numeric_limits<double>::quiet_NaN();
  }
  return relative;
}

/// The replicas' relative errors by lag.
std::vector<Curve> relative_errors(const std::map<int, RecordedMemory>& memories) {
  std::vector<Curve> curves;
  for (const auto& [replica, memory] : memories)
    curves.push_back(smoothed_ratio(memory.error_by_lag, memory.variance_by_lag));
  return curves;
}

/// By update and replica: the norm at every step, over all layers.
using GradientRecords = std::map<std::int64_t, std::map<int, Curve>>;

GradientRecords gradient_records(const RunHistory& history) {
  GradientRecords records;
  for (const auto& [update, replicas] : history.gradients)
    for (const auto& [replica, layers] : replicas) {
      Curve& all = records[update][replica];
      for (const auto& [layer, norms] : layers) {
        all.resize(std::max(all.size(), norms.size()));
        for (std::size_t step = 0; step < norms.size(); ++step) all[step] = std::hypot(all[step], norms[step]);
      }
      // A logarithmic axis has no place for zero.
      for (double& norm : all)
        if (!(norm > 0)) norm = std::numeric_limits<double>::quiet_NaN();
    }
  return records;
}

Chart memory_chart(std::string title, std::string caption) {
  return {.title = std::move(title),
          .caption = std::move(caption),
          .x_label = "lag, in steps",
          .y_label = "error / variance of the input",
          .y_from = 0,
          .y_to = 1,
          .y_most = 1.2,
          .lines = {},
          .levels = {{1, "nothing remembered"}}};
}

}  // namespace

std::vector<Chart> memory_charts_of(const std::vector<RunRecord>& runs, const std::vector<std::string>& labels) {
  Chart before =
      memory_chart("Memory right after initialization",
                   "How much of the input so many steps ago the best linear decoder of the last state misses.");
  Chart after = memory_chart("Memory after training", "");
  std::vector<GradientRecords> gradients;
  std::set<std::int64_t> updates;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    add_curves(before, relative_errors(runs[i].history.memory_start), i, labels[i]);
    add_curves(after, relative_errors(runs[i].history.memory_end), i, labels[i]);
    for (const auto& [update, replicas] : gradients.emplace_back(gradient_records(runs[i].history)))
      updates.insert(update);
  }
  std::vector<Chart> charts;
  for (Chart* chart : {&before, &after})
    if (!chart->lines.empty()) charts.push_back(std::move(*chart));
  if (updates.empty()) return charts;
  const std::set<std::int64_t> shown = {*updates.begin(),
                                        *std::next(updates.begin(), static_cast<std::ptrdiff_t>(updates.size() / 2)),
                                        *updates.rbegin()};
  for (const std::int64_t update : shown) {
    Chart chart{
        .title = update == 0 ? "Gradient through time, before training"
                             : fmt::format("Gradient through time, after {} gradient steps", update),
        .caption = "How much of the loss's gradient reaches the states of each step, over the batch and all layers.",
        .x_label = "step",
        .y_label = "norm of dloss/dstate",
        .y_scale = Scale::logarithmic,
        .y_from = {},
        .y_to = {},
        .lines = {},
        .levels = {}};
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const auto record = gradients[i].find(update);
      if (record == gradients[i].end()) continue;
      std::vector<Curve> curves;
      for (const auto& [replica, curve] : record->second) curves.push_back(curve);
      add_curves(chart, curves, i, labels[i]);
    }
    charts.push_back(std::move(chart));
  }
  return charts;
}

}  // namespace hysteron
