#pragma once
#include <cstdint>
#include <string>

#include <hysteron/linear_autoencoder.hpp>

namespace hysteron {

/// What every solver requires for solve(): sequences, some variation in them, and no more components than `most`.
void require_sequences(std::int64_t sequences);
void require_variation(double total_energy, double scale);
void require_components(int components, std::int64_t most, const std::string& what);
/// What every solver requires for merge(): the same kind, window and features.
void require_same_fit(const LinearAutoencoderSolver& solver, const LinearAutoencoderSolver& other);
void require_same_features(int features, int other);
/// What every solver requires for add().
void require_sequences_to_add(const Sequences& sequences, int features_before);

}  // namespace hysteron
