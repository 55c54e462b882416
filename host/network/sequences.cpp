#include <algorithm>
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

Sequences shuffled(const Sequences& all) {
  expect_one_owner(all, "a shuffle");
  const std::vector<int> order = Random(0, Stream::split).permutation(all.count);
  Sequences turned = all;
  if (all.stored.empty()) turned.inputs = reordered(all.inputs, order, std::ptrdiff_t(all.steps) * all.features);
  turned.stored = reordered(all.stored, order, 1);
  turned.lengths = reordered(all.lengths, order, 1);
  turned.targets = reordered(all.targets, order, std::ptrdiff_t(all.target_steps) * all.outputs);
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
  part.inputs =
      all.stored.empty() ? rows(all.inputs, first, count, std::ptrdiff_t(all.steps) * all.features) : all.inputs;
  part.targets = rows(all.targets, first, count, std::ptrdiff_t(all.target_steps) * all.outputs);
  return part;
}

}  // namespace hysteron
