#pragma once
#include <span>
#include <string>
#include <vector>

#include <hysteron/linear_autoencoder.hpp>

namespace hysteron {

/// A and B from the right singular vectors of Xi: vectors [components, lags * features] in the backend's memory.
LinearAutoencoder autoencoder_of(Backend& backend, View<const double> vectors, int features, std::vector<double> mean,
                                 std::vector<double> singular_values);

/// How many of the singular values, largest first, exceed `accuracy` times the largest.
int count_resolved(std::span<const double> singular_values, double accuracy);

/// The accuracy of singular values that are roots of eigenvalues known to 1e-14 of the largest.
inline constexpr double accuracy_of_roots = 1e-7;

}  // namespace hysteron
