#include "autoencoder/reversed_sequences.hpp"

#include <algorithm>

namespace hysteron {

int longest_of(const Sequences& sequences) {
  if (sequences.count == 0) return 0;
  return sequences.lengths.empty() ? sequences.total_steps() : *std::ranges::max_element(sequences.lengths);
}

std::vector<ReversedRow> reversed_rows(const Sequences& sequences, int window) {
  std::vector<ReversedRow> rows;
  for (int n = 0; n < sequences.count; ++n) {
    const int length = length_of(sequences, n);
    if (window == 0) {
      if (length > 0) rows.push_back({n, length - 1, length});
      continue;
    }
    for (int last = length; last > 0; last -= window) rows.push_back({n, last - 1, std::min(last, 2 * window - 1)});
  }
  return rows;
}

void fill_row(const Sequences& sequences, const ReversedRow& row, std::span<const double> less, double* to) {
  const std::size_t features = static_cast<std::size_t>(sequences.features);
  const InputValues inputs = inputs_of(sequences, row.sequence);
  for (int e = 0; e < row.length; ++e, to += features) {
    const int step = row.first - e;
    if (step >= sequences.steps) {  // black
      for (std::size_t a = 0; a < features; ++a) to[a] = -less[a];
    } else {
      const InputValues from = inputs.from(static_cast<std::size_t>(step) * features);
      for (std::size_t a = 0; a < features; ++a) to[a] = from[a] - less[a];
    }
  }
}

std::vector<double> feature_sums(const Sequences& sequences) {
  const std::size_t features = static_cast<std::size_t>(sequences.features);
  std::vector<double> sums(features);
  for (int n = 0; n < sequences.count; ++n) {
    const InputValues sequence = inputs_of(sequences, n);
    const std::size_t stored = static_cast<std::size_t>(std::min(length_of(sequences, n), sequences.steps)) * features;
    std::vector<double> own(features);
    for (std::size_t i = 0; i < stored; i += features)
      for (std::size_t a = 0; a < features; ++a) own[a] += sequence[i + a];
    for (std::size_t a = 0; a < features; ++a) sums[a] += own[a];
  }
  return sums;
}

std::int64_t count_steps(const Sequences& sequences) {
  std::int64_t steps = 0;
  for (int n = 0; n < sequences.count; ++n) steps += length_of(sequences, n);
  return steps;
}

void add_row(LengthSums& sums, int length, std::span<const double> row) {
  LengthSum& of_length = sums[length];
  of_length.sum.resize(row.size());
  ++of_length.count;
  for (std::size_t i = 0; i < row.size(); ++i) of_length.sum[i] += row[i];
}

void merge_sums(LengthSums& sums, const LengthSums& others) {
  for (const auto& [length, other] : others) {
    LengthSum& own = sums[length];
    own.sum.resize(other.sum.size());
    own.count += other.count;
    for (std::size_t i = 0; i < own.sum.size(); ++i) own.sum[i] += other.sum[i];
  }
}

void shift_sums(LengthSums& sums, std::span<const double> shift) {
  for (auto& [length, own] : sums)
    for (std::size_t i = 0; i < own.sum.size(); ++i)
      own.sum[i] -= static_cast<double>(own.count) * shift[i % shift.size()];
}

}  // namespace hysteron
