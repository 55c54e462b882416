#include "autoencoder/gram.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <hysteron/decompositions.hpp>

#include "autoencoder/basis.hpp"
#include "autoencoder/diagonal_sums.hpp"
#include "autoencoder/dominant_subspace.hpp"
#include "autoencoder/requirements.hpp"
#include "autoencoder/state_file.hpp"

namespace hysteron {
namespace {

struct Eigenvectors {
  Tensor<double> vectors;      // [p, n]
  std::vector<double> values;  // [p]
};

// Few of a large matrix by iteration, which is faster then and no less accurate; else, or should that not converge, by
// a dense decomposition.
Eigenvectors eigenvectors(Backend& backend, const std::vector<double>& values, std::ptrdiff_t n, int p) {
  constexpr std::ptrdiff_t large = 1536;
  Tensor<double> matrix(backend, {n, n});
  matrix.from_host(values);
  const View<double> view = matrix.view(1, n, n);
  if (n > large && 4 * p < n) {
    DominantSubspace found =
        dominant_subspace(backend, {.size = n, .wanted = p}, [&](View<const double> vectors, View<double> result) {
          operations_of<double>(backend).product(view, Transposed::no, vectors, Transposed::no, result,
                                                 Result::replaced);
        });
    found.eigenvalues.resize(static_cast<std::size_t>(p));
    if (found.converged) return {std::move(found.vectors), std::move(found.eigenvalues)};
  }
  Tensor<double> vectors(backend, {p, n}), eigenvalues(backend, {p});
  backend.decompositions().symmetric_eigen(view, eigenvalues.data(), vectors.view(1, p, n));
  return {std::move(vectors), eigenvalues.to_host()};
}

}  // namespace

void GramSolver::widen(int lags) {
  if (lags <= lags_) return;
  const std::ptrdiff_t before = size(), after = std::ptrdiff_t(lags) * features_;
  Tensor<double> wider(*backend_, {after, after});
  if (before > 0)
    operations_of<double>(*backend_).copy(gram(), View<double>{wider.data(), 1, before, before, 0, after});
  gram_ = std::move(wider);
  lags_ = lags;
}

void GramSolver::add(const Sequences& sequences) {
  require_sequences_to_add(sequences, features_);
  const std::vector<ReversedRow> rows = reversed_rows(sequences, window_);
  if (rows.empty()) return;
  const std::int64_t steps = count_steps(sequences);
  const std::vector<double> sums = feature_sums(sequences);
  if (features_ == 0) {
    features_ = sequences.features;
    for (const double sum : sums) provisional_.push_back(sum / static_cast<double>(steps));
    sums_.assign(sums.size(), 0);
  }
  for (std::size_t a = 0; a < sums.size(); ++a) sums_[a] += sums[a] - static_cast<double>(steps) * provisional_[a];
  steps_ += steps;
  sequences_ += sequences.count;
  longest_ = std::max(longest_, longest_of(sequences));
  widen(std::ranges::max(rows, {}, &ReversedRow::length).length);

  // So many rows at a time that they fill some memory and not more.
  constexpr std::ptrdiff_t values = 1 << 22, most_rows = 8192, least_rows = 256;
  const std::ptrdiff_t part = std::clamp(values / size(), least_rows, most_rows);
  for (std::ptrdiff_t from = 0; from < std::ssize(rows); from += part) {
    const std::ptrdiff_t count = std::min(part, std::ssize(rows) - from);
    add_rows(sequences, std::span(rows).subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(count)),
             lags_);
  }
}

void GramSolver::add_rows(const Sequences& sequences, std::span<const ReversedRow> rows, int lags) {
  const std::ptrdiff_t count = std::ssize(rows), width = std::ptrdiff_t(lags) * features_;
  std::vector<double> values(static_cast<std::size_t>(count * width));
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const ReversedRow& row = rows[static_cast<std::size_t>(i)];
    double* const to = values.data() + i * width;
    fill_row(sequences, row, provisional_, to);
    add_row(length_sums_, row.length, std::span(to, static_cast<std::size_t>(row.length) * provisional_.size()));
  }
  Tensor<double> reversed(*backend_, {count, width});
  reversed.from_host(values);
  // The lower half, in blocks of columns of about `panel`.
  constexpr std::ptrdiff_t panel = 256;
  const View<const double> x = reversed.view(1, count, width);
  const std::ptrdiff_t panels = (width + panel - 1) / panel;
  for (std::ptrdiff_t i = 0; i < panels; ++i) {
    const std::ptrdiff_t from = width * i / panels, to = width * (i + 1) / panels;
    operations_of<double>(*backend_).product(x.columns_from(from, to - from), Transposed::yes, x.columns_from(0, to),
                                             Transposed::no, gram().rows_from(from, to - from).columns_from(0, to),
                                             Result::added);
  }
}

void GramSolver::merge(const LinearAutoencoderSolver& solver) {
  require_same_fit(*this, solver);
  const GramSolver& other = dynamic_cast<const GramSolver&>(solver);
  if (other.features_ == 0) return;
  if (features_ == 0) {
    features_ = other.features_;
    provisional_ = other.provisional_;
    sums_.assign(provisional_.size(), 0);
  }
  require_same_features(features_, other.features_);
  // The other's, about this one's provisional mean.
  LagMatrix gram_of_other{other.lags_, other.features_, other.gram_.to_host()};
  LengthSums length_sums = other.length_sums_;
  std::vector<double> difference(provisional_.size());
  for (std::size_t a = 0; a < difference.size(); ++a) difference[a] = provisional_[a] - other.provisional_[a];
  shift_mean(gram_of_other, length_sums, difference);
  shift_sums(length_sums, difference);
  for (std::size_t a = 0; a < difference.size(); ++a)
    sums_[a] += other.sums_[a] - static_cast<double>(other.steps_) * difference[a];

  merge_sums(length_sums_, length_sums);
  steps_ += other.steps_;
  sequences_ += other.sequences_;
  longest_ = std::max(longest_, other.longest_);
  widen(other.lags_);
  LagMatrix own{lags_, features_, gram_.to_host()};
  for (std::ptrdiff_t i = 0; i < gram_of_other.size(); ++i)
    for (std::ptrdiff_t j = 0; j < gram_of_other.size(); ++j) own.row(i)[j] += gram_of_other.row(i)[j];
  gram_.from_host(own.values);
}

std::vector<double> GramSolver::mean() const {
  std::vector<double> mean = provisional_;
  for (std::size_t a = 0; a < mean.size(); ++a) mean[a] += sums_[a] / static_cast<double>(steps_);
  return mean;
}

LinearAutoencoderFit GramSolver::solve(int components) {
  require_sequences(sequences_);
  const int lags = window_ == 0 ? longest_ : std::min(window_, longest_);
  const std::ptrdiff_t n = std::ptrdiff_t(lags) * features_, p = components;
  require_components(components, n, std::to_string(lags) + " lags of " + std::to_string(features_) + " features");
  const std::vector<double> mean = this->mean();
  std::vector<double> difference(mean.size());
  for (std::size_t a = 0; a < mean.size(); ++a) difference[a] = mean[a] - provisional_[a];

  LagMatrix gram{lags_, features_, gram_.to_host()};
  shift_mean(gram, length_sums_, difference);
  const std::vector<double> sums = diagonal_sums(std::move(gram), window_);
  double total = 0, scale = 0;
  for (std::ptrdiff_t i = 0; i < n; ++i) total += sums[static_cast<std::size_t>(i * n + i)];
  for (const double value : mean) scale += value * value * static_cast<double>(steps_) * lags;
  require_variation(total, scale);

  auto [vectors, eigenvalues] = doing("finding the leading eigenvectors of the Gram matrix",
                                      [&] { return eigenvectors(*backend_, sums, n, components); });
  std::vector<double> singular_values = std::move(eigenvalues);
  double kept = 0;
  for (double& value : singular_values) {
    kept += std::max(value, 0.0);
    value = std::sqrt(std::max(value, 0.0));
  }
  const int resolved = count_resolved(singular_values, accuracy_of_roots);
  return {.autoencoder = autoencoder_of(*backend_, std::as_const(vectors).view(1, p, n), features_, mean,
                                        std::move(singular_values)),
          .vectors = vectors.to_host(),
          .solver = "gram",
          .window = lags,
          .sequences = sequences_,
          .rows = steps_,
          .total_energy = total,
          .energy = std::min(kept / total, 1.0),
          .resolved = resolved};
}

void GramSolver::save(const std::filesystem::path& path) const {
  StateWriter state("gram");
  state.put("window", window_);
  state.put("features", features_);
  state.put("lags", lags_);
  state.put("longest", longest_);
  state.put("sequences", sequences_);
  state.put("steps", steps_);
  state.put("provisional", {features_}, provisional_);
  state.put("sums", {features_}, sums_);
  state.put(length_sums_);
  state.put("gram", {size(), size()}, gram_.to_host());
  state.write(path);
}

GramSolver::GramSolver(Backend& backend, const Safetensors& file) : backend_(&backend) {
  const StateReader state(file);
  constexpr std::int64_t most = 1 << 30;
  window_ = static_cast<int>(state.integer("window", 0, most));
  features_ = static_cast<int>(state.integer("features", 0, most));
  lags_ = static_cast<int>(state.integer("lags", 0, most));
  longest_ = static_cast<int>(state.integer("longest", lags_, most));
  sequences_ = state.integer("sequences", 0);
  steps_ = state.integer("steps", sequences_);
  provisional_ = state.doubles("provisional", {features_});
  sums_ = state.doubles("sums", {features_});
  length_sums_ = state.length_sums(features_, lags_);
  const std::vector<double> gram = state.doubles("gram", {size(), size()});
  gram_ = Tensor<double>(backend, {size(), size()});
  gram_.from_host(gram);
}

}  // namespace hysteron
