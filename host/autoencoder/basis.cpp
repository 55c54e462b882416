#include "autoencoder/basis.hpp"

#include <algorithm>
#include <cmath>

namespace hysteron {

LinearAutoencoder autoencoder_of(Backend& backend, View<const double> vectors, int features, std::vector<double> mean,
                                 std::vector<double> singular_values) {
  const std::ptrdiff_t p = vectors.rows, kept = vectors.columns - features;
  LinearAutoencoder result{.features = features,
                           .components = static_cast<int>(p),
                           .input_weight = {},
                           .memory_weight = std::vector<double>(static_cast<std::size_t>(p * p)),
                           .mean = std::move(mean),
                           .singular_values = std::move(singular_values)};
  Operations<double>& operations = operations_of<double>(backend);
  Tensor<double> a(backend, {p, features}), b(backend, {p, p});
  operations.copy(vectors.columns_from(0, features), a.view(1, p, features));
  result.input_weight = a.to_host();
  if (kept > 0) {  // B = U^T S U: S moves every lag one further
    operations.product(vectors.columns_from(features, kept), Transposed::no, vectors.columns_from(0, kept),
                       Transposed::yes, b.view(1, p, p), Result::replaced);
    result.memory_weight = b.to_host();
  }
  return result;
}

int count_resolved(std::span<const double> singular_values, double accuracy) {
  return static_cast<int>(std::ranges::count_if(
      singular_values, [&](double value) { return value > 0 && value >= accuracy * singular_values.front(); }));
}

void require_sequences(std::int64_t sequences) {
  if (sequences > 0) return;
  throw data_error({.what = "a linear autoencoder of no sequences",
                    .expected = "one sequence of one step at least",
                    .found = "none",
                    .hint = ""});
}

void require_variation(double total_energy, double scale) {
  if (!std::isfinite(total_energy))
    throw numeric_error({.what = "the squares of the sequences have no finite sum",
                         .expected = "",
                         .found = "",
                         .hint = "scale the inputs down"});
  // What rounding leaves of numbers of that size.
  if (total_energy > 1e-28 * scale) return;
  throw data_error({.what = "the sequences do not vary: every step is the mean",
                    .expected = "steps that differ",
                    .found = "a sum of squares of " + std::to_string(total_energy) + " about the mean",
                    .hint = ""});
}

void require_components(int components, std::int64_t most, const std::string& what) {
  if (components >= 1 && components <= most) return;
  throw usage_error({.what = "a linear autoencoder of " + std::to_string(components) + " components",
                     .expected = "1 .. " + std::to_string(most) + ": " + what,
                     .found = std::to_string(components),
                     .hint = components < 1 ? "" : "--components " + std::to_string(most) + ", or longer sequences"});
}

void require_same_window(int window, int other) {
  if (window == other) return;
  throw usage_error({.what = "fits of different windows cannot be merged",
                     .expected = std::to_string(window) + " lags",
                     .found = std::to_string(other),
                     .hint = "fit both parts with the same --window"});
}

void require_same_features(int features, int other) {
  if (features == other) return;
  throw data_error({.what = "fits of sequences of different features cannot be merged",
                    .expected = std::to_string(features) + " features",
                    .found = std::to_string(other),
                    .hint = ""});
}

void require_sequences_to_add(const Sequences& sequences, int features_before) {
  if (sequences.owners > 1)
    throw defect({.what = "sequences that each replica has of its own, in one linear autoencoder",
                  .expected = "1 owner",
                  .found = std::to_string(sequences.owners),
                  .hint = ""});
  if (features_before > 0 && sequences.count > 0 && sequences.features != features_before)
    throw data_error({.what = "sequences of another number of features",
                      .expected = std::to_string(features_before) + ", as those before",
                      .found = std::to_string(sequences.features),
                      .hint = ""});
}

}  // namespace hysteron
