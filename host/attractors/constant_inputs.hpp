#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <hysteron/random.hpp>

namespace hysteron {

/// A stream of draws for each replica.
inline std::vector<Random> streams(std::span<const std::uint64_t> seeds, Stream stream, int step) {
  std::vector<Random> random;
  for (const std::uint64_t seed : seeds) random.emplace_back(seed, stream, static_cast<std::uint64_t>(step));
  return random;
}

/// One constant input ~ N(0, I) to a layer, for each replica [replicas, 1, inputs]. The draws of a layer follow those
/// of the layers below it.
template <class Real>
std::vector<Real> constant_inputs(std::vector<Random>& random, int inputs) {
  std::vector<Real> drawn;
  for (Random& replica : random)
    for (int i = 0; i < inputs; ++i) drawn.push_back(static_cast<Real>(replica.normal()));
  return drawn;
}

}  // namespace hysteron
