#pragma once
#include <cstddef>
#include <vector>

namespace hysteron {

/// Sequences and what is asked of them, on the host.
struct Sequences {
  int count = 0, steps = 0, features = 0;
  std::vector<float> inputs;  ///< [count, steps, features]
  int black = 0;              ///< further steps of zeros that every sequence ends with, not stored
  std::vector<int> lengths;   ///< [count], 1 .. steps; empty: all have every step
  int target_steps = 0, outputs = 0;
  std::vector<float> targets;  ///< regression: [count, target_steps, outputs]; else empty
  std::vector<int> labels;     ///< classification: [count], 0 .. outputs - 1; else empty

  int total_steps() const { return steps + black; }
};

/// The sequences from `first` on, `count` of them.
Sequences slice(const Sequences& all, int first, int count);

}  // namespace hysteron
