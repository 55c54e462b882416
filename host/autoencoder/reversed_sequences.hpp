#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include <hysteron/sequences.hpp>

namespace hysteron {

/// The number of steps of a sequence, including the black ones.
inline int length_of(const Sequences& sequences, int sequence) {
  return sequences.lengths.empty() ? sequences.total_steps() : sequences.lengths[static_cast<std::size_t>(sequence)];
}
int longest_of(const Sequences& sequences);
/// The inputs of a sequence [steps, features].
inline InputValues inputs_of(const Sequences& sequences, int sequence) {
  const std::size_t n = static_cast<std::size_t>(sequence);
  const std::size_t stored = sequences.stored.empty() ? n : static_cast<std::size_t>(sequences.stored[n]);
  const InputValues all(sequences.inputs.data(),
                        sequences.exact_inputs.empty() ? nullptr : sequences.exact_inputs.data());
  return all.from(stored * static_cast<std::size_t>(sequences.steps) * static_cast<std::size_t>(sequences.features));
}

/// Steps of a sequence, read backwards from one of them.
struct ReversedRow {
  int sequence = 0, first = 0;  ///< the step with which it begins, the last in time
  int length = 0;               ///< steps
};

/// Sequences cut into segments of `window` last steps, each with the window - 1 steps before it: the rows of Xi that
/// end in a segment need no other steps. window 0: every sequence is one segment.
std::vector<ReversedRow> reversed_rows(const Sequences& sequences, int window);

/// Writes the row to `to` [length * features], less `less` [features] at every step.
void fill_row(const Sequences& sequences, const ReversedRow& row, std::span<const double> less, double* to);

/// The sum of every feature over all steps.
std::vector<double> feature_sums(const Sequences& sequences);
std::int64_t count_steps(const Sequences& sequences);

/// What a later shift of the mean needs to know of sequences read backwards: for each length that occurs, the number of
/// rows and their sum. A mean enters the rows of Xi only where there are steps, so that rows of different lengths
/// differ.
struct LengthSum {
  std::int64_t count = 0;
  std::vector<double> sum;  ///< [length * features], as the rows were when they were added
};
using LengthSums = std::map<int, LengthSum>;  ///< by length, in steps

void add_row(LengthSums& sums, int length, std::span<const double> row);
void merge_sums(LengthSums& sums, const LengthSums& others);
/// The sums of the same rows less `shift` [features] at every step.
void shift_sums(LengthSums& sums, std::span<const double> shift);

}  // namespace hysteron
