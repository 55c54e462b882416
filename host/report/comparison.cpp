#include "report/comparison.hpp"

#include <cmath>
#include <optional>

#include <fmt/format.h>

#include <hysteron/error.hpp>

namespace hysteron {
namespace {

enum class Better { lower, higher };

/// What a task is judged by: the first of these that its runs have.
struct Measure {
  const char *key, *name;
  Better better;
  const char* instead;  ///< the key of what a replica without a number counts as; none: its pair is left out
};
constexpr Measure measures[] = {
    {"first_optimal_episode", "episode of the first optimal policy", Better::lower, "episodes"},
    {"test_accuracy", "test accuracy", Better::higher, nullptr},
    {"test_loss", "test loss", Better::lower, nullptr}};

const Measure& measure_of(const RunRecord& run) {
  for (const Measure& measure : measures)
    if (const auto found = run.result.find(measure.key); found != run.result.end() && !found->empty()) return measure;
  throw usage_error({.what = run.path.string() + " has no measure to compare",
                     .expected = "a result.json with test_loss, test_accuracy or first_optimal_episode"});
}

/// A replica's number.
std::optional<double> value_of(const Measure& measure, const RunRecord& run, std::size_t replica) {
  const Json& value = run.result[measure.key][replica];
  if (value.is_number()) return value.get<double>();
  if (measure.instead == nullptr) return std::nullopt;
  return run.result[measure.instead].get<double>();
}

/// Replicas without a number: they are left out, or count as something else.
struct Missing {
  std::size_t left_out = 0, counted_as_last = 0;
};

std::string sentence_of(const Comparison& c, Better better, const Missing& missing) {
  const PairedDifference& d = c.difference;
  std::string text;
  if (d.pairs == 0) {
    text = fmt::format("No pair of {} and {} has a number to compare.", c.arm, c.reference);
  } else if (d.positive == 0 && d.negative == 0) {
    text = fmt::format("{} and {} have the same {} in all {} pairs.", c.arm, c.reference, c.measure, d.pairs);
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
        fmt::format("{} by {:.3g} on average (95 % bootstrap interval {}), in {} of {} pairs", direction,
                    std::abs(d.mean), sized(d.interval), more ? d.positive : d.negative, d.pairs);
    if (apart(d.interval) && apart(d.student))
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

/// "" where the task has no level that counts as solved.
std::string solved_sentence(const RunRecord& reference, const std::string& reference_label, const RunRecord& arm,
                            const std::string& arm_label) {
  const auto solved = [](const RunRecord& run) -> std::optional<std::size_t> {
    std::size_t count = 0;
    for (const Json& value : run.result.value("solved", Json::array())) {
      if (!value.is_boolean()) return std::nullopt;
      count += value.get<bool>() ? 1 : 0;
    }
    return count;
  };
  const std::optional<std::size_t> of_reference = solved(reference), of_arm = solved(arm);
  if (!of_reference || !of_arm || !reference.result.contains("solved")) return "";
  if (*of_reference + *of_arm == 0) return " Neither solves the task in any replica.";
  return fmt::format(" Solved by {} in {} of {} replicas, by {} in {} of {}.", arm_label, *of_arm, arm.replicas(),
                     reference_label, *of_reference, reference.replicas());
}

}  // namespace

Comparison compare(const RunRecord& reference, const std::string& reference_label, const RunRecord& arm,
                   const std::string& arm_label) {
  const Measure& measure = measure_of(reference);
  const auto task = [](const RunRecord& run) { return run.result["task"].get<std::string>(); };
  if (task(reference) == task(arm) && arm.result.value(measure.key, Json::array()).empty())
    throw usage_error({.what = fmt::format("{} has no {} to compare", arm.path.string(), measure.name),
                       .expected = fmt::format("one, as {} has", reference.path.string()),
                       .found = "none",
                       .hint = "were both made by the same version of hysteron?"});
  if (task(reference) != task(arm))
    throw usage_error({.what = "runs of different tasks cannot be compared",
                       .expected = fmt::format("{} ({})", task(reference), reference.path.string()),
                       .found = fmt::format("{} ({})", task(arm), arm.path.string()),
                       .hint = "report RUN… without --compare shows any runs side by side"});
  Comparison result{.reference = reference_label,
                    .arm = arm_label,
                    .measure = measure.name,
                    .difference = {},
                    .of_reference = {},
                    .of_arm = {},
                    .sentence = {}};
  const auto seed = [](const RunRecord& run) { return run.result["seed"].get<std::int64_t>(); };
  const std::int64_t shift = seed(arm) - seed(reference);  // replica k draws as the run of seed + k
  std::vector<double> differences;
  std::size_t shared = 0;
  Missing missing;
  for (std::size_t r = 0; r < reference.replicas(); ++r) {
    const std::int64_t other = static_cast<std::int64_t>(r) - shift;
    if (other < 0 || other >= static_cast<std::int64_t>(arm.replicas())) continue;
    ++shared;
    const std::size_t o = static_cast<std::size_t>(other);
    const std::optional<double> a = value_of(measure, reference, r), b = value_of(measure, arm, o);
    if (!a || !b) {
      ++missing.left_out;
      continue;
    }
    missing.counted_as_last += reference.result[measure.key][r].is_number() ? 0 : 1;
    missing.counted_as_last += arm.result[measure.key][o].is_number() ? 0 : 1;
    result.of_reference.push_back(*a);
    result.of_arm.push_back(*b);
    differences.push_back(*b - *a);
  }
  if (shared == 0)
    throw usage_error(
        {.what = "the runs have no seed in common",
         .expected = fmt::format("seeds {} to {}", seed(reference),
                                 seed(reference) + static_cast<std::int64_t>(reference.replicas()) - 1),
         .found = fmt::format("seeds {} to {} in {}", seed(arm),
                              seed(arm) + static_cast<std::int64_t>(arm.replicas()) - 1, arm.path.string()),
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
