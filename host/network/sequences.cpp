#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <fmt/format.h>

#include <hysteron/error.hpp>
#include <hysteron/random.hpp>
#include <hysteron/sequences.hpp>

namespace hysteron {
namespace {

// The rows of `values` that belong to the sequences, `size` values each; empty when `values` is.
template <class Value>
std::vector<Value> rows(const std::vector<Value>& values, int first, int count, std::ptrdiff_t size) {
  if (values.empty()) return {};
  return {values.begin() + first * size, values.begin() + (first + count) * size};
}

// The values of the sequences in another order, `size` each.
template <class Value>
std::vector<Value> reordered(const std::vector<Value>& values, const std::vector<int>& order, std::ptrdiff_t size) {
  std::vector<Value> turned;
  turned.reserve(values.size());
  if (!values.empty())
    for (const int n : order) turned.insert(turned.end(), values.begin() + n * size, values.begin() + (n + 1) * size);
  return turned;
}

/// One column of a table of values, as it is and as single precision holds it.
struct Column {
  double deviation = 0, error = 0, largest = 0;  ///< error: the largest of rounding
};

Column column_of(const std::vector<double>& exact, const std::vector<float>& rounded, std::size_t column,
                 std::size_t width) {
  Column found;
  double mean = 0, squares = 0, count = 0;
  for (std::size_t i = column; i < exact.size(); i += width) {
    ++count;
    const double less = exact[i] - mean;
    mean += less / count;
    squares += less * (exact[i] - mean);
    found.error = std::max(found.error, std::abs(exact[i] - static_cast<double>(rounded[i])));
    found.largest = std::max(found.largest, std::abs(exact[i]));
  }
  found.deviation = std::sqrt(squares / count);
  return found;
}

// The column that loses most; empty: none loses enough to speak of.
std::string worst_column(const std::vector<double>& exact, const std::vector<float>& rounded, int width,
                         const char* noun) {
  constexpr double least = 1e-3;
  double worst = least;
  std::string text;
  for (int column = 0; column < width && !exact.empty(); ++column) {
    const Column found = column_of(exact, rounded, static_cast<std::size_t>(column), static_cast<std::size_t>(width));
    if (!(found.deviation > 0) || found.error <= worst * found.deviation) continue;
    worst = found.error / found.deviation;
    const float largest = static_cast<float>(found.largest);
    const double ulp = static_cast<double>(std::nextafter(largest, std::numeric_limits<float>::infinity()) - largest);
    text =
        fmt::format("float32 rounds {} {} by as much as {:.2g}, {:.2g} of its standard deviation, which is {:.2g} ulps",
                    noun, column, found.error, worst, found.deviation / ulp);
  }
  return text;
}

void expect_one_owner(const Sequences& sequences, const std::string& what) {
  if (sequences.owners > 1)
    throw defect({.what = what + " of sequences that each replica has of its own",
                  .found = std::to_string(sequences.owners) + " owners"});
}

}  // namespace

std::string sequences_text(const Sequences& sequences) {
  const auto count = [](int number, const char* noun) {
    return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
  };
  std::string steps = count(sequences.total_steps(), "step");
  if (!sequences.lengths.empty()) {
    const auto [least, most] = std::ranges::minmax(sequences.lengths);
    if (least < most || most < sequences.total_steps())
      steps = (least < most ? fmt::format("{} to ", least) : "") + count(most, "step");
  }
  return fmt::format("{} of {}, {}", count(sequences.count, "sequence"), steps, count(sequences.features, "input"));
}

std::string lost_to_rounding(const Sequences& sequences) {
  std::string text = worst_column(sequences.exact_inputs, sequences.inputs, sequences.features, "input");
  if (text.empty()) text = worst_column(sequences.exact_targets, sequences.targets, sequences.outputs, "target");
  return text.empty() ? "" : text + ": subtract the mean, or compute in double (--precision double, a float64 network)";
}

Sequences shuffled(const Sequences& all) {
  expect_one_owner(all, "a shuffle");
  const std::vector<int> order = Random(0, Stream::split).permutation(all.count);
  Sequences turned = all;
  if (all.stored.empty()) {
    turned.inputs = reordered(all.inputs, order, std::ptrdiff_t(all.steps) * all.features);
    turned.exact_inputs = reordered(all.exact_inputs, order, std::ptrdiff_t(all.steps) * all.features);
  }
  turned.stored = reordered(all.stored, order, 1);
  turned.lengths = reordered(all.lengths, order, 1);
  turned.targets = reordered(all.targets, order, std::ptrdiff_t(all.target_steps) * all.outputs);
  turned.exact_targets = reordered(all.exact_targets, order, std::ptrdiff_t(all.target_steps) * all.outputs);
  turned.labels = reordered(all.labels, order, all.label_steps());
  return turned;
}

Sequences slice(const Sequences& all, int first, int count) {
  if (first < 0 || count < 0 || first > all.count - count)
    throw defect({.what = "a slice of sequences that are not there",
                  .expected = "sequences within 0 .. " + std::to_string(all.count),
                  .found = std::to_string(count) + " from " + std::to_string(first) + " on"});
  expect_one_owner(all, "a slice");
  Sequences part = {.count = count,
                    .steps = all.steps,
                    .features = all.features,
                    .inputs = {},
                    .stored = rows(all.stored, first, count, 1),
                    .owners = 1,
                    .black = all.black,
                    .lengths = rows(all.lengths, first, count, 1),
                    .target_steps = all.target_steps,
                    .outputs = all.outputs,
                    .targets = {},
                    .labels = rows(all.labels, first, count, all.label_steps())};
  const std::ptrdiff_t size = std::ptrdiff_t(all.steps) * all.features;
  part.inputs = all.stored.empty() ? rows(all.inputs, first, count, size) : all.inputs;
  part.exact_inputs = all.stored.empty() ? rows(all.exact_inputs, first, count, size) : all.exact_inputs;
  part.exact_targets = rows(all.exact_targets, first, count, std::ptrdiff_t(all.target_steps) * all.outputs);
  part.targets = rows(all.targets, first, count, std::ptrdiff_t(all.target_steps) * all.outputs);
  return part;
}

}  // namespace hysteron
