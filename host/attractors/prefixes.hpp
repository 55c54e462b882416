#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <hysteron/random.hpp>
#include <hysteron/sequences.hpp>

namespace hysteron {

/// n sequences for each replica, and how far each is run.
struct Prefixes {
  std::vector<int> indices, lengths;  ///< [replicas, n]
};

/// n different sequences, each run up to a length ~ U{1 .. steps}, or to its own end when the sequences differ in
/// length.
Prefixes draw_prefixes(const Sequences& sequences, std::span<const std::uint64_t> seeds, int n, Stream batch,
                       Stream prefix, int step);

}  // namespace hysteron
