#include "autoencoder/requirements.hpp"

#include <cmath>

#include <hysteron/error.hpp>

namespace hysteron {

void require_sequences(std::int64_t sequences) {
  if (sequences > 0) return;
  throw data_error({.what = "a linear autoencoder of no sequences",
                    .expected = "one sequence of one step at least",
                    .found = "none"});
}

void require_variation(double total_energy, double scale) {
  if (!std::isfinite(total_energy))
    throw numeric_error({.what = "the squares of the sequences have no finite sum", .hint = "scale the inputs down"});
  // The rounding errors of numbers of that size.
  if (total_energy > 1e-28 * scale) return;
  throw data_error({.what = "the sequences do not vary: every step is the mean",
                    .expected = "steps that differ",
                    .found = "a sum of squares of " + std::to_string(total_energy) + " about the mean",
                    .hint = "is it the right file? Of one sequence of one step nothing can be learned either"});
}

void require_components(int components, std::int64_t most, const std::string& what) {
  if (components >= 1 && components <= most) return;
  throw usage_error({.what = "a linear autoencoder of " + std::to_string(components) + " components",
                     .expected = "1 .. " + std::to_string(most) + ": " + what,
                     .found = std::to_string(components),
                     .hint = components < 1 ? "" : "--components " + std::to_string(most) + ", or longer sequences"});
}

void require_same_fit(const LinearAutoencoderSolver& solver, const LinearAutoencoderSolver& other) {
  if (solver.kind() != other.kind())
    throw usage_error({.what = "fits of different solvers cannot be merged",
                       .expected = to_string(solver.kind()),
                       .found = to_string(other.kind()),
                       .hint = "fit both parts with the same solver"});
  const auto lags = [](int window) {
    return window == 0 ? "no window" : "a window of " + std::to_string(window) + " lags";
  };
  if (solver.window() != other.window())
    throw usage_error({.what = "fits of different windows cannot be merged",
                       .expected = lags(solver.window()),
                       .found = lags(other.window()),
                       .hint = "fit both parts with the same --window"});
}

void require_same_features(int features, int other) {
  if (features == other) return;
  throw data_error({.what = "fits of sequences of different features cannot be merged",
                    .expected = std::to_string(features) + " features",
                    .found = std::to_string(other)});
}

void require_sequences_to_add(const Sequences& sequences, int features_before) {
  if (sequences.owners > 1)
    throw defect({.what = "sequences that each replica has of its own, in one linear autoencoder",
                  .expected = "1 owner",
                  .found = std::to_string(sequences.owners)});
  if (features_before > 0 && sequences.count > 0 && sequences.features != features_before)
    throw data_error({.what = "sequences of another number of features",
                      .expected = std::to_string(features_before) + ", as those before",
                      .found = std::to_string(sequences.features)});
}

}  // namespace hysteron
