#pragma once
#include <span>
#include <string>
#include <vector>

#include <hysteron/linear_autoencoder.hpp>

namespace hysteron {

/// A and B from the right singular vectors of Xi: vectors [components, lags * features] in the backend's memory.
LinearAutoencoder autoencoder_of(Backend& backend, View<const double> vectors, int features, std::vector<double> mean,
                                 std::vector<double> singular_values);

/// How many of the singular values, largest first, stand above `accuracy` times the largest.
int count_resolved(std::span<const double> singular_values, double accuracy);

/// What every solver asks of solve(): sequences, some of them that vary, and no more components than `most`.
void require_sequences(std::int64_t sequences);
void require_variation(double total_energy, double scale);
void require_components(int components, std::int64_t most, const std::string& what);
/// What every solver asks of merge().
void require_same_window(int window, int other);
void require_same_features(int features, int other);
/// What every solver asks of add().
void require_sequences_to_add(const Sequences& sequences, int features_before);

}  // namespace hysteron
