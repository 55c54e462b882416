#include "autoencoder/randomized.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autoencoder/basis.hpp"
#include "autoencoder/requirements.hpp"
#include "autoencoder/reversed_sequences.hpp"
#include "autoencoder/state_file.hpp"

namespace hysteron {
namespace {

constexpr std::ptrdiff_t multiplied_at_once = 1 << 24;  // of the sequences, in the backend's memory

}  // namespace

int RandomizedSolver::longest() const { return lengths_.empty() ? 0 : *std::ranges::max_element(lengths_); }

void RandomizedSolver::add(const Sequences& sequences) {
  require_sequences_to_add(sequences, features_);
  if (count_steps(sequences) == 0) return;
  features_ = sequences.features;
  const std::size_t f = static_cast<std::size_t>(features_);
  for (int n = 0; n < sequences.count; ++n) {
    const int length = length_of(sequences, n), stored = std::min(length, sequences.steps);
    first_.push_back(steps_.size() / f);
    lengths_.push_back(length);
    steps_.add(inputs_of(sequences, n), static_cast<std::size_t>(stored) * f);
    steps_.add_zeros(static_cast<std::size_t>(length - stored) * f);  // black
  }
}

void RandomizedSolver::merge(const LinearAutoencoderSolver& solver) {
  require_same_fit(*this, solver);
  const RandomizedSolver& other = dynamic_cast<const RandomizedSolver&>(solver);
  if (other.features_ == 0) return;
  if (features_ == 0) features_ = other.features_;
  require_same_features(features_, other.features_);
  const std::size_t before = steps_.size() / static_cast<std::size_t>(features_);
  for (const std::size_t first : other.first_) first_.push_back(before + first);
  lengths_.insert(lengths_.end(), other.lengths_.begin(), other.lengths_.end());
  steps_.add(other.steps_);
}

std::vector<double> RandomizedSolver::mean() const {
  const std::size_t f = static_cast<std::size_t>(features_);
  std::vector<double> mean(f);
  for (std::size_t n = 0; n < lengths_.size(); ++n) {
    std::vector<double> own(f);
    for (std::size_t i = first_[n] * f; i < (first_[n] + static_cast<std::size_t>(lengths_[n])) * f; ++i)
      own[i % f] += steps_[i];
    for (std::size_t a = 0; a < f; ++a) mean[a] += own[a];
  }
  for (double& value : mean) value /= static_cast<double>(steps_.size() / f);
  return mean;
}

void RandomizedSolver::multiply(const std::vector<double>& mean, View<const double> vectors,
                                View<double> result) const {
  operations_of<double>(*backend_).clear(result);
  std::vector<std::size_t> order(lengths_.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t n) { return lengths_[n]; });
  for (std::size_t from = 0; from < order.size();) {
    const std::ptrdiff_t width = std::ptrdiff_t(lengths_[order[from]]) * features_;
    const std::size_t most = static_cast<std::size_t>(std::max<std::ptrdiff_t>(multiplied_at_once / width, 1));
    const std::size_t count = std::min(most, order.size() - from);
    multiply_part(std::span(order).subspan(from, count), mean, vectors, result);
    from += count;
  }
}

void RandomizedSolver::multiply_part(std::span<const std::size_t> part, const std::vector<double>& mean,
                                     View<const double> vectors, View<double> result) const {
  Operations<double>& operations = operations_of<double>(*backend_);
  const std::ptrdiff_t f = features_, longest = lengths_[part[0]], width = longest * f, k = vectors.columns;
  const std::ptrdiff_t count = std::ssize(part), lags = vectors.rows / f;
  std::vector<double> values(static_cast<std::size_t>(count * width));
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const std::size_t n = part[static_cast<std::size_t>(i)];
    double* to = values.data() + i * width;
    for (std::ptrdiff_t e = lengths_[n] - 1; e >= 0; --e)
      for (std::size_t a = 0; a < mean.size(); ++a)
        *to++ = steps_[(first_[n] + static_cast<std::size_t>(e)) * mean.size() + a] - mean[a];
  }
  Tensor<double> reversed(*backend_, {count, width}), projected(*backend_, {count, k});
  reversed.from_host(values);
  for (std::ptrdiff_t m = 0; m < longest; ++m) {
    const std::ptrdiff_t reach =
        std::ranges::partition_point(part, [&](std::size_t n) { return lengths_[n] > m; }) - part.begin();
    const std::ptrdiff_t wide = std::min(lags, longest - m) * f;
    const View<const double> rows = reversed.view(1, count, width).rows_from(0, reach).columns_from(m * f, wide);
    const View<double> y = projected.view(1, reach, k);
    operations.product(rows, Transposed::no, vectors.rows_from(0, wide), Transposed::no, y, Result::replaced);
    operations.product(rows, Transposed::yes, y, Transposed::no, result.rows_from(0, wide), Result::added);
  }
}

LinearAutoencoderFit RandomizedSolver::solve(int components) {
  require_sequences(std::ssize(lengths_));
  const std::size_t f = static_cast<std::size_t>(features_);
  const int lags = options_.window == 0 ? longest() : std::min(options_.window, longest());
  const std::ptrdiff_t n = std::ptrdiff_t(lags) * features_;
  require_components(components, n, std::to_string(lags) + " lags of " + std::to_string(features_) + " features");
  std::vector<double> mean = this->mean();
  double total = 0, scale = 0;
  for (std::size_t sequence = 0; sequence < lengths_.size(); ++sequence)
    for (int step = 0; step < lengths_[sequence]; ++step) {
      const double prefixes = std::min(lengths_[sequence] - step, lags);
      for (std::size_t a = 0; a < f; ++a) {
        const double value = steps_[(first_[sequence] + static_cast<std::size_t>(step)) * f + a];
        total += prefixes * (value - mean[a]) * (value - mean[a]);
        scale += prefixes * mean[a] * mean[a];
      }
    }
  require_variation(total, scale);
  DominantSubspace found =
      dominant_subspace(*backend_,
                        {.size = n,
                         .wanted = components,
                         .oversampling = options_.oversampling > 0 ? options_.oversampling : 32,
                         .most_products = options_.most_passes,
                         .seed = options_.seed},
                        [&](View<const double> vectors, View<double> result) { multiply(mean, vectors, result); });
  std::vector<double> singular_values;
  double energy = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(components); ++i) {
    energy += std::max(found.eigenvalues[i], 0.0);
    singular_values.push_back(std::sqrt(std::max(found.eigenvalues[i], 0.0)));
  }
  double error = 0;
  for (std::size_t i = 0; i < singular_values.size(); ++i)
    error = std::max(error, singular_values[i] - std::sqrt(std::max(found.eigenvalues[i] - found.residuals[i], 0.0)));
  const int resolved = count_resolved(singular_values, accuracy_of_roots);
  return {.autoencoder = autoencoder_of(*backend_, std::as_const(found.vectors).view(1, components, n), features_,
                                        std::move(mean), std::move(singular_values)),
          .vectors = found.vectors.to_host(),
          .solver = "randomized",
          .window = lags,
          .sequences = std::ssize(lengths_),
          .rows = static_cast<std::int64_t>(steps_.size() / f),
          .total_energy = total,
          .energy = std::min(energy / total, 1.0),
          .resolved = resolved,
          .singular_value_error = found.converged ? 0 : error,
          .subspace_error =
              found.converged ? 0 : subspace_bound(found.eigenvalues, components, found.residual, found.residual)};
}

void RandomizedSolver::save(const std::filesystem::path& path) const {
  StateWriter state("randomized");
  state.put("window", options_.window);
  state.put("oversampling", options_.oversampling);
  state.put("most_passes", options_.most_passes);
  state.put("seed", static_cast<std::int64_t>(options_.seed));
  state.put("features", features_);
  const std::vector<std::int64_t> lengths(lengths_.begin(), lengths_.end());
  state.put("lengths", lengths);
  const std::vector<std::int64_t> shape{features_ == 0 ? 0 : static_cast<std::int64_t>(steps_.size()) / features_,
                                        features_};
  if (steps_.is_exact())
    state.put("steps", shape, std::span<const double>(steps_.exact()));
  else
    state.put("steps", shape, std::span<const float>(steps_.rounded()));
  state.write(path);
}

RandomizedSolver::RandomizedSolver(Backend& backend, const Safetensors& file) : backend_(&backend) {
  const StateReader state(file);
  options_.window = static_cast<int>(state.integer("window", 0, most_of_state));
  options_.oversampling = static_cast<int>(state.integer("oversampling", 0, most_of_state));
  options_.most_passes = static_cast<int>(state.integer("most_passes", 1, most_of_state));
  options_.seed = static_cast<std::uint64_t>(state.integer("seed", 0, std::numeric_limits<std::int64_t>::max()));
  features_ = static_cast<int>(state.integer("features", 0, most_of_state));
  lengths_ = to_ints(state.array("lengths", DType::i64, {-1}), "lengths");
  const Array* const steps = file.find("steps");
  if (steps && steps->dtype == DType::f64)
    steps_ = StoredSteps(state.doubles("steps", {-1, features_}));
  else
    steps_ = StoredSteps(to_floats(state.array("steps", DType::f32, {-1, features_}), "steps"));
  std::int64_t all = 0;
  for (const int length : lengths_) {
    first_.push_back(static_cast<std::size_t>(all));
    all += std::max(length, 0);
  }
  if (all * features_ != static_cast<std::int64_t>(steps_.size()) ||
      std::ranges::any_of(lengths_, [](int length) { return length < 1; }))
    throw data_error({.what = "the steps of the state do not fit its lengths",
                      .expected = std::to_string(all) + " steps of " + std::to_string(features_) + " features",
                      .found = std::to_string(steps_.size()) + " values"});
}

}  // namespace hysteron
