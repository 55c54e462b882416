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

// A few vectors of a large matrix by iteration, which is then faster and no less accurate; otherwise, or if that does
// not converge, by a dense decomposition.
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
  const std::ptrdiff_t before = size(), after = std::ptrdiff_t(lags) * features();
  Tensor<double> wider(*backend_, {after, after});
  if (before > 0)
    operations_of<double>(*backend_).copy(gram(), View<double>{wider.data(), 1, before, before, 0, after});
  gram_ = std::move(wider);
  lags_ = lags;
}

void GramSolver::add(const Sequences& sequences) {
  require_sequences_to_add(sequences, features());
  const std::vector<ReversedRow> rows = reversed_rows(sequences, window_);
  if (rows.empty()) return;
  steps_.add(sequences);
  widen(std::ranges::max(rows, {}, &ReversedRow::length).length);

  // As many rows at a time as fit in a fixed amount of memory.
  constexpr std::ptrdiff_t values = 1 << 22, most_rows = 8192, least_rows = 256;
  const std::ptrdiff_t part = std::clamp(values / size(), least_rows, most_rows);
  for (std::ptrdiff_t from = 0; from < std::ssize(rows); from += part) {
    const std::ptrdiff_t count = std::min(part, std::ssize(rows) - from);
    add_rows(sequences, std::span(rows).subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(count)),
             lags_);
  }
}

void GramSolver::add_rows(const Sequences& sequences, std::span<const ReversedRow> rows, int lags) {
  const std::ptrdiff_t count = std::ssize(rows), width = std::ptrdiff_t(lags) * features();
  const std::vector<double>& provisional = steps_.provisional_mean();
  std::vector<double> values(static_cast<std::size_t>(count * width));
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const ReversedRow& row = rows[static_cast<std::size_t>(i)];
    double* const to = values.data() + i * width;
    fill_row(sequences, row, provisional, to);
    add_row(length_sums_, row.length, std::span(to, static_cast<std::size_t>(row.length) * provisional.size()));
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
  if (other.steps_.empty()) return;
  const std::vector<double> shift = steps_.merge(other.steps_);
  // The other's matrix, about this one's provisional mean.
  LagMatrix gram_of_other{other.lags_, features(), other.gram_.to_host()};
  LengthSums length_sums = other.length_sums_;
  shift_mean(gram_of_other, length_sums, shift);
  shift_sums(length_sums, shift);

  merge_sums(length_sums_, length_sums);
  widen(other.lags_);
  LagMatrix own{lags_, features(), gram_.to_host()};
  for (std::ptrdiff_t i = 0; i < gram_of_other.size(); ++i)
    for (std::ptrdiff_t j = 0; j < gram_of_other.size(); ++j) own.row(i)[j] += gram_of_other.row(i)[j];
  gram_.from_host(own.values);
}

LinearAutoencoderFit GramSolver::solve(int components) {
  require_sequences(steps_.sequences());
  const int lags = window_ == 0 ? longest() : std::min(window_, longest());
  const std::ptrdiff_t n = std::ptrdiff_t(lags) * features(), p = components;
  require_components(components, n, std::to_string(lags) + " lags of " + std::to_string(features()) + " features");
  const std::vector<double> mean = steps_.mean();
  LagMatrix gram{lags_, features(), gram_.to_host()};
  shift_mean(gram, length_sums_, steps_.mean_less_provisional());
  const std::vector<double> sums = diagonal_sums(std::move(gram), window_);
  double total = 0, scale = 0;
  for (std::ptrdiff_t i = 0; i < n; ++i) total += sums[static_cast<std::size_t>(i * n + i)];
  for (const double value : mean) scale += value * value * static_cast<double>(steps_.steps()) * lags;
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
  return {.autoencoder = autoencoder_of(*backend_, std::as_const(vectors).view(1, p, n), features(), mean,
                                        std::move(singular_values)),
          .vectors = vectors.to_host(),
          .solver = "gram",
          .window = lags,
          .sequences = steps_.sequences(),
          .rows = steps_.steps(),
          .total_energy = total,
          .energy = std::min(kept / total, 1.0),
          .resolved = resolved};
}

void GramSolver::save(const std::filesystem::path& path) const {
  StateWriter state("gram");
  state.put("window", window_);
  state.put("lags", lags_);
  steps_.put(state);
  state.put(length_sums_);
  state.put("gram", {size(), size()}, gram_.to_host());
  state.write(path);
}

GramSolver::GramSolver(Backend& backend, const Safetensors& file) : backend_(&backend) {
  const StateReader state(file);
  window_ = static_cast<int>(state.integer("window", 0, most_of_state));
  lags_ = static_cast<int>(state.integer("lags", 0, most_of_state));
  steps_ = StreamedSteps(state, lags_);
  length_sums_ = state.length_sums(features(), lags_);
  const std::vector<double> gram = state.doubles("gram", {size(), size()});
  gram_ = Tensor<double>(backend, {size(), size()});
  gram_.from_host(gram);
}

}  // namespace hysteron
