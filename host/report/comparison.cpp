#include "report/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "report/replica_figures.hpp"

namespace hysteron {
namespace {

enum class Better { lower, higher };

enum class WithoutNumber { pair_left_out, last_episode };  ///< what happens to a replica that has none

/// What a task is judged by: the first of these that its runs have.
struct Measure {
  const char* name;
  ReplicaFigures values;
  Better better;
  WithoutNumber without;
};
constexpr Measure measures[] = {
    {"episode of the first optimal policy", figures::first_optimal_episode, Better::lower, WithoutNumber::last_episode},
    {"test accuracy", figures::test_accuracy, Better::higher, WithoutNumber::pair_left_out},
    {"test loss", figures::test_loss, Better::lower, WithoutNumber::pair_left_out}};

const Measure& measure_of(const RunRecord& run) {
  for (const Measure& measure : measures)
    if (!measure.values(run.result).empty()) return measure;
  throw usage_error({.what = run.path.string() + " has no measure to compare",
                     .expected = "a result.json with test_loss, test_accuracy or first_optimal_episode"});
}

/// What counts for a replica, given its number or NaN.
std::optional<double> counted(const Measure& measure, const RunRecord& run, double value) {
  if (std::isfinite(value)) return value;
  if (measure.without == WithoutNumber::pair_left_out) return std::nullopt;
  return static_cast<double>(run.result.policies->episodes);
}

/// Replicas without a number: they are left out, or count as something else.
struct Missing {
  int left_out = 0, counted_as_last = 0;
};

std::string sentence_of(const Comparison& c, Better better, const Missing& missing) {
  const PairedDifference& d = c.difference;
  std::string text;
  if (d.pairs == 0) {
    text = fmt::format("No pair of {} and {} has a number to compare.", c.arm, c.reference);
  } else if (d.positive == 0 && d.negative == 0) {
    text = fmt::format("{} and {} have the same {} in {}.", c.arm, c.reference, c.measure,
                       d.pairs == 1 ? "the only pair" : fmt::format("all {} pairs", d.pairs));
  } else {
    const bool more = d.mean > 0;
    const auto apart = [](const Interval& interval) { return interval.low > 0 || interval.high < 0; };
    const char* const direction = more ? "higher" : "lower";
    const char* const worth = (better == Better::higher) == more ? "better" : "worse";
    const auto sized = [&](const Interval& interval) {
      return more ? fmt::format("{:.3g} to {:.3g}", interval.low, interval.high)
                  : fmt::format("{:.3g} to {:.3g}", -interval.high, -interval.low);
    };
    const std::string numbers =
        d.pairs == 1
            ? fmt::format("{} by {:.3g} in the only pair, and one has no interval", direction, std::abs(d.mean))
            : fmt::format("{} by {:.3g} on average (95 % bootstrap interval {}), in {} of {} pairs", direction,
                          std::abs(d.mean), sized(d.interval), more ? d.positive : d.negative, d.pairs);
    if (d.pairs > 1 && apart(d.interval) && apart(d.student))
      text = fmt::format("{} is {} than {}: its {} is {}.", c.arm, worth, c.reference, c.measure, numbers);
    else if (apart(d.interval) && d.pairs > 1)
      text = fmt::format(
          "The data point to {} being {} than {}, its {} being {}; but so few pairs leave chance a share (Student's "
          "interval {}): more replicas would settle it.",
          c.arm, worth, c.reference, c.measure, numbers, sized(d.student));
    else
      text = fmt::format("The data do not tell {} from {}: the {} is {}.", c.arm, c.reference, c.measure, numbers);
  }
  if (missing.left_out > 0)
    text += fmt::format(" {} pairs are left out: one of the two has no number.", missing.left_out);
  if (missing.counted_as_last > 0)
    text += fmt::format(" (Never optimal in {}: counted as the last episode.)", missing.counted_as_last);
  return text;
}

/// Empty if the task has no level that counts as solved.
std::string solved_sentence(const RunRecord& reference, const std::string& reference_label, const RunRecord& arm,
                            const std::string& arm_label) {
  const auto judged = [](const RunRecord& run) {
    const auto& solved = run.result.solved;
    return !solved.empty() &&
           std::all_of(solved.begin(), solved.end(), [](const auto& one) { return one.has_value(); });
  };
  if (!judged(reference) || !judged(arm)) return "";
  const auto count = [](const RunRecord& run) {
    return std::count(run.result.solved.begin(), run.result.solved.end(), std::optional(true));
  };
  if (count(reference) + count(arm) == 0) return " Neither solves the task in any replica.";
  return fmt::format(" Solved by {} in {} of {} replicas, by {} in {} of {}.", arm_label, count(arm),
                     arm.result.replicas, reference_label, count(reference), reference.result.replicas);
}

}  // namespace

Comparison compare(const RunRecord& reference, const std::string& reference_label, const RunRecord& arm,
                   const std::string& arm_label) {
  const Measure& measure = measure_of(reference);
  const std::string &task = reference.result.task, &task_of_arm = arm.result.task;
  const std::vector<double> values = measure.values(reference.result), values_of_arm = measure.values(arm.result);
  if (task == task_of_arm && values_of_arm.empty())
    throw usage_error({.what = fmt::format("{} has no {} to compare", arm.path.string(), measure.name),
                       .expected = fmt::format("one, as {} has", reference.path.string()),
                       .found = "none",
                       .hint = "were both made by the same version of hysteron?"});
  if (task != task_of_arm)
    throw usage_error({.what = "runs of different tasks cannot be compared",
                       .expected = fmt::format("{} ({})", task, reference.path.string()),
                       .found = fmt::format("{} ({})", task_of_arm, arm.path.string()),
                       .hint = "report RUN… without --compare shows any runs side by side"});
  Comparison result{.reference = reference_label,
                    .arm = arm_label,
                    .measure = measure.name,
                    .difference = {},
                    .of_reference = {},
                    .of_arm = {},
                    .sentence = {}};
  const std::int64_t shift = arm.result.seed - reference.result.seed;  // replica k draws like a run with seed + k
  std::vector<double> differences;
  int shared = 0;
  Missing missing;
  for (std::size_t r = 0; r < values.size(); ++r) {
    const std::int64_t other = static_cast<std::int64_t>(r) - shift;
    if (other < 0 || other >= std::ssize(values_of_arm)) continue;
    ++shared;
    const double value = values[r], value_of_arm = values_of_arm[static_cast<std::size_t>(other)];
    const std::optional<double> a = counted(measure, reference, value), b = counted(measure, arm, value_of_arm);
    if (!a || !b) {
      ++missing.left_out;
      continue;
    }
    missing.counted_as_last += std::isfinite(value) ? 0 : 1;
    missing.counted_as_last += std::isfinite(value_of_arm) ? 0 : 1;
    result.of_reference.push_back(*a);
    result.of_arm.push_back(*b);
    differences.push_back(*b - *a);
  }
  const auto seeds = [](const RunResult& of) {
    return fmt::format("seeds {} to {}", of.seed, of.seed + of.replicas - 1);
  };
  if (shared == 0)
    throw usage_error({.what = "the runs have no seed in common",
                       .expected = seeds(reference.result),
                       .found = fmt::format("{} in {}", seeds(arm.result), arm.path.string()),
                       .hint = "arms that are compared begin with the same --seed"});
  result.difference = paired_difference(differences);
  result.sentence =
      sentence_of(result, measure.better, missing) + solved_sentence(reference, reference_label, arm, arm_label);
  return result;
}

std::vector<Comparison> compare(const std::vector<RunRecord>& runs, const std::vector<std::string>& labels) {
  std::vector<Comparison> comparisons;
  for (std::size_t i = 1; i < runs.size(); ++i) comparisons.push_back(compare(runs[0], labels[0], runs[i], labels[i]));
  return comparisons;
}

std::string comparison_text(const std::vector<Comparison>& comparisons) {
  std::string text;
  for (const Comparison& c : comparisons) text += c.sentence + "\n";
  return text;
}

Json comparison_json(const Comparison& c) {
  const auto interval = [](const Interval& of) { return Json{of.low, of.high}; };
  return {{"reference", c.reference},
          {"arm", c.arm},
          {"measure", c.measure},
          {"pairs", c.difference.pairs},
          {"mean_difference", c.difference.mean},
          {"interval", interval(c.difference.interval)},
          {"student_interval", interval(c.difference.student)},
          {"sentence", c.sentence}};
}

}  // namespace hysteron
