#include "autoencoder/incremental.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <hysteron/decompositions.hpp>

#include "autoencoder/basis.hpp"
#include "autoencoder/dominant_subspace.hpp"
#include "autoencoder/requirements.hpp"
#include "autoencoder/state_file.hpp"

namespace hysteron {
namespace {

constexpr double accuracy = 1e-12;  // of a singular value

}  // namespace

IncrementalSolver::IncrementalSolver(Backend& backend, const SolverOptions& options)
    : backend_(&backend), options_(options) {}

std::ptrdiff_t IncrementalSolver::rows_at_once(std::ptrdiff_t width) const {
  return std::max(values_at_once / std::max<std::ptrdiff_t>(width, 1) - keep(), 2 * keep());
}

void IncrementalSolver::add_prefixes(Kept& kept, View<double> reversed, std::vector<int> lengths) const {
  const std::ptrdiff_t f = features(), n = columns();
  if (reversed.rows > reversed.columns) {
    Tensor<double> triangle(*backend_, {reversed.columns, reversed.columns});
    const View<double> r = triangle.view(1, reversed.columns, reversed.columns);
    backend_->decompositions().triangle(reversed, r);
    const int longest = static_cast<int>(reversed.columns / f);
    add_prefixes(kept, r, std::vector<int>(static_cast<std::size_t>(reversed.columns), longest));
    return;
  }
  struct Moved {
    std::ptrdiff_t rows, by;  // the first rows, moved by so many steps
  };
  std::vector<Moved> block;
  std::ptrdiff_t block_rows = 0;
  const auto flush = [&] {
    update(kept, block_rows, [&](View<double> to, std::ptrdiff_t from) {
      std::ptrdiff_t row = 0;
      for (const Moved& moved : block) {
        const std::ptrdiff_t first = moved.by * f + from, count = std::min(to.columns, reversed.columns - first);
        if (count > 0)
          operations_of<double>(*backend_).copy(reversed.rows_from(0, moved.rows).columns_from(first, count),
                                                to.rows_from(row, moved.rows).columns_from(0, count));
        row += moved.rows;
      }
    });
    block.clear();
    block_rows = 0;
  };
  const std::ptrdiff_t most = rows_at_once(n);
  for (std::ptrdiff_t by = 0; by * f < reversed.columns; ++by) {
    const std::ptrdiff_t reach =
        std::ranges::partition_point(lengths, [&](int length) { return length > by; }) - lengths.begin();
    if (reach == 0) break;
    if (block_rows > 0 && block_rows + reach > most) flush();
    block.push_back({reach, by});
    block_rows += reach;
  }
  flush();
}

void IncrementalSolver::add_rows(Kept& kept, const std::vector<std::pair<int, std::vector<double>>>& rows) const {
  if (rows.empty()) return;
  std::vector<std::size_t> order(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return rows[i].first; });
  const std::ptrdiff_t width = std::ptrdiff_t(rows[order[0]].first) * features();
  // No more at once than a block holds.
  const std::size_t most = static_cast<std::size_t>(rows_at_once(std::max(width, columns())));
  for (std::size_t from = 0; from < order.size(); from += most) {
    const std::size_t count = std::min(most, order.size() - from);
    std::vector<double> values(count * static_cast<std::size_t>(width));
    std::vector<int> lengths;
    for (std::size_t i = 0; i < count; ++i) {
      const auto& [length, row] = rows[order[from + i]];
      std::ranges::copy(row, values.begin() + static_cast<std::ptrdiff_t>(i) * width);
      lengths.push_back(length);
    }
    Tensor<double> reversed(*backend_, {static_cast<std::ptrdiff_t>(count), width});
    reversed.from_host(values);
    add_prefixes(kept, reversed.view(1, static_cast<std::ptrdiff_t>(count), width), std::move(lengths));
  }
}

// Adds the sums of further rows; where there already were rows of that length, also the difference of the means.
void IncrementalSolver::meet(const LengthSums& sums) {
  std::vector<std::pair<int, std::vector<double>>> differences;
  for (const auto& [length, more] : sums) {
    const auto before = length_sums_.find(length);
    if (before == length_sums_.end()) continue;
    const double own = static_cast<double>(before->second.count), other = static_cast<double>(more.count);
    const double weight = std::sqrt(own * other / (own + other));
    std::vector<double> row(more.sum.size());
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = weight * (before->second.sum[i] / own - more.sum[i] / other);
    differences.emplace_back(length, std::move(row));
  }
  add_rows(kept_, differences);
  merge_sums(length_sums_, sums);
}

void IncrementalSolver::add(const Sequences& sequences) {
  require_sequences_to_add(sequences, features());
  std::vector<ReversedRow> rows = reversed_rows(sequences, 0);
  if (rows.empty()) return;
  steps_.add(sequences);
  weighted_sums_.resize(steps_.provisional_mean().size());
  std::ranges::stable_sort(rows, std::greater{}, &ReversedRow::length);
  const std::ptrdiff_t width = std::ptrdiff_t(rows[0].length) * features();
  const std::size_t part = static_cast<std::size_t>(std::max<std::ptrdiff_t>(values_at_once / width, 64));
  for (std::size_t from = 0; from < rows.size(); from += part)
    add_part(sequences, std::span(rows).subspan(from, std::min(part, rows.size() - from)));
}

// Rows of the longest length first.
void IncrementalSolver::add_part(const Sequences& sequences, std::span<const ReversedRow> rows) {
  const std::vector<double>& provisional = steps_.provisional_mean();
  const std::size_t f = provisional.size();
  const std::ptrdiff_t count = std::ssize(rows), width = std::ptrdiff_t(rows[0].length) * features();
  std::vector<double> values(static_cast<std::size_t>(count * width));
  LengthSums sums;
  std::vector<int> lengths;
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const ReversedRow& row = rows[static_cast<std::size_t>(i)];
    const std::span<double> to(values.data() + i * width, static_cast<std::size_t>(row.length) * f);
    fill_row(sequences, row, provisional, to.data());
    add_row(sums, row.length, to);
    lengths.push_back(row.length);
    for (std::size_t j = 0; j < to.size(); ++j) {  // lag e of a sequence is in e + 1 prefixes, up to the window
      const int prefixes = static_cast<int>(j / f) + 1;
      const double weight = options_.window == 0 ? prefixes : std::min(prefixes, options_.window);
      weighted_squares_ += weight * to[j] * to[j];
      weighted_sums_[j % f] += weight * to[j];
      weights_ += j % f == 0 ? weight : 0;
    }
  }
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const LengthSum& own = sums[lengths[static_cast<std::size_t>(i)]];
    for (std::size_t j = 0; j < own.sum.size(); ++j)
      values[static_cast<std::size_t>(i * width) + j] -= own.sum[j] / static_cast<double>(own.count);
  }
  Tensor<double> reversed(*backend_, {count, width});
  reversed.from_host(values);
  values = {};
  add_prefixes(kept_, reversed.view(1, count, width), std::move(lengths));
  meet(sums);
}

void IncrementalSolver::merge(const LinearAutoencoderSolver& solver) {
  require_same_fit(*this, solver);
  const IncrementalSolver& other = dynamic_cast<const IncrementalSolver&>(solver);
  if (other.steps_.empty()) return;
  const std::vector<double> shift = steps_.merge(other.steps_);
  weighted_sums_.resize(shift.size());
  for (std::size_t a = 0; a < shift.size(); ++a) {
    const double d = shift[a];
    weighted_squares_ += other.weights_ * d * d - 2 * d * other.weighted_sums_[a];
    weighted_sums_[a] += other.weighted_sums_[a] - other.weights_ * d;
  }
  weighted_squares_ += other.weighted_squares_;
  weights_ += other.weights_;
  LengthSums sums = other.length_sums_;
  shift_sums(sums, shift);

  kept_.discarded += other.kept_.discarded;
  const std::ptrdiff_t wide = other.kept_.columns;
  update(kept_, other.kept_.count, [&](View<double> to, std::ptrdiff_t from) {
    const std::ptrdiff_t count = std::min(to.columns, wide - from);
    if (count > 0)
      operations_of<double>(*backend_).copy(other.kept_.rows.view(1, other.kept_.count, wide).columns_from(from, count),
                                            to.columns_from(0, count));
  });
  meet(sums);
}

LinearAutoencoderFit IncrementalSolver::solve(int components) {
  require_sequences(steps_.sequences());
  const std::ptrdiff_t n = columns(), p = components;
  require_components(components, n,
                     std::to_string(n / features()) + " lags of " + std::to_string(features()) + " features");
  if (components > options_.components)
    throw usage_error({.what = "more components than the incremental solver was told to keep",
                       .expected = "at most " + std::to_string(options_.components),
                       .found = std::to_string(components),
                       .hint = "--components " + std::to_string(options_.components) +
                               "; the others are lost: add the sequences again to a solver of more"});
  std::vector<double> mean = steps_.mean();
  const std::vector<double> difference = steps_.mean_less_provisional();
  double total = weighted_squares_, scale = 0;
  for (std::size_t a = 0; a < mean.size(); ++a) {
    const double d = difference[a];
    total += weights_ * d * d - 2 * d * weighted_sums_[a];
    scale += mean[a] * mean[a] * weights_;
  }
  require_variation(total, scale);

  // The means of the lengths, less the mean of all, are added to a copy.
  Kept kept;
  kept.count = kept_.count, kept.columns = kept_.columns, kept.discarded = kept_.discarded;
  if (kept.count > 0) {
    kept.rows = Tensor<double>(*backend_, {kept.count, kept.columns});
    kept.rows.copy_from(kept_.rows);
  }
  std::vector<std::pair<int, std::vector<double>>> means;
  for (const auto& [length, own] : length_sums_) {
    const double count = static_cast<double>(own.count);
    std::vector<double> row(own.sum.size());
    for (std::size_t i = 0; i < row.size(); ++i)
      row[i] = std::sqrt(count) * (own.sum[i] / count - difference[i % difference.size()]);
    means.emplace_back(length, std::move(row));
  }
  add_rows(kept, means);

  // Never fewer rows than vectors: rows of zeros yield the vectors that complete the basis.
  const std::ptrdiff_t wanted = std::min(p + 1, n), all = std::max(kept.count, wanted);
  Tensor<double> block(*backend_, {all, n}), vectors(*backend_, {wanted, n}), values(*backend_, {wanted});
  operations_of<double>(*backend_).copy(kept.rows.view(1, kept.count, n),
                                        block.view(1, all, n).rows_from(0, kept.count));
  backend_->decompositions().right_svd(block.view(1, all, n), values.data(), vectors.view(1, wanted, n));
  std::vector<double> singular_values = values.to_host(), eigenvalues;
  for (const double value : singular_values) eigenvalues.push_back(value * value);
  singular_values.resize(static_cast<std::size_t>(p));
  const double energy = std::accumulate(eigenvalues.begin(), eigenvalues.begin() + p, 0.0);
  const double last = singular_values.back();
  std::vector<double> leading = vectors.to_host();
  leading.resize(static_cast<std::size_t>(p * n));
  return {.autoencoder = autoencoder_of(*backend_, std::as_const(vectors).view(1, p, n), features(), std::move(mean),
                                        singular_values),
          .vectors = std::move(leading),
          .solver = "incremental",
          .window = static_cast<int>(n / features()),
          .sequences = steps_.sequences(),
          .rows = steps_.steps(),
          .total_energy = total,
          .energy = std::min(energy / total, 1.0),
          .resolved = count_resolved(singular_values, accuracy),
          .singular_value_error = last - std::sqrt(std::max(last * last - kept.discarded, 0.0)),
          .subspace_error = subspace_bound(eigenvalues, components, kept.discarded, kept.discarded)};
}

void IncrementalSolver::save(const std::filesystem::path& path) const {
  StateWriter state("incremental");
  state.put("window", options_.window);
  state.put("components", options_.components);
  state.put("oversampling", options_.oversampling);
  state.put("slice", options_.slice);
  steps_.put(state);
  state.put("weighted_sums", {features()}, weighted_sums_);
  const double numbers[] = {weighted_squares_, weights_, kept_.discarded};
  state.put("weighted_squares_weights_discarded", {3}, numbers);
  state.put(length_sums_);
  state.put("kept", {kept_.count, kept_.columns}, kept_.rows.to_host());
  state.write(path);
}

IncrementalSolver::IncrementalSolver(Backend& backend, const Safetensors& file) : backend_(&backend) {
  const StateReader state(file);
  options_.window = static_cast<int>(state.integer("window", 0, most_of_state));
  options_.components = static_cast<int>(state.integer("components", 1, most_of_state));
  options_.oversampling = static_cast<int>(state.integer("oversampling", 0, most_of_state));
  options_.slice = static_cast<int>(state.integer("slice", 0, most_of_state));
  steps_ = StreamedSteps(state);
  weighted_sums_ = state.doubles("weighted_sums", {features()});
  const std::vector<double> numbers = state.doubles("weighted_squares_weights_discarded", {3});
  weighted_squares_ = numbers[0], weights_ = numbers[1], kept_.discarded = numbers[2];
  length_sums_ = state.length_sums(features(), longest());
  kept_.columns = columns();
  const std::vector<double> kept = state.doubles("kept", {-1, kept_.columns});
  kept_.count = kept_.columns > 0 ? std::ssize(kept) / kept_.columns : 0;
  kept_.rows = Tensor<double>(backend, {kept_.count, kept_.columns});
  kept_.rows.from_host(kept);
}

}  // namespace hysteron
