#include "autoencoder/basis.hpp"

#include <algorithm>

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
  if (kept > 0) {  // B = U^T S U: S moves every lag on by one
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

}  // namespace hysteron
