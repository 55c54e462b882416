#pragma once
#include <cstddef>
#include <vector>

namespace hysteron {

/// Sequences and what is asked of them, on the host.
struct Sequences {
  int count = 0, steps = 0, features = 0;
  std::vector<float> inputs = {};  ///< [count, steps, features], or [stored sequences, steps, features]
  /// Which of the inputs' sequences each one is [count]; empty: its own. Those that begin alike are stored once, and
  /// their lengths tell them apart.
  std::vector<int> stored = {};
  /// Replicas that have `count` sequences each of their own, one replica's after the other's, instead of the same ones;
  /// `stored` and `lengths` are [owners, count] then. 1: all replicas share them.
  int owners = 1;
  int black = 0;                  ///< further steps of zeros that every sequence ends with, not stored
  std::vector<int> lengths = {};  ///< [count], 1 .. steps; empty: all have every step
  int target_steps = 0, outputs = 0;
  std::vector<float> targets = {};  ///< regression: [count, target_steps, outputs]; else empty
  std::vector<int> labels = {};     ///< classification: [count], 0 .. outputs - 1; else empty

  int total_steps() const { return steps + black; }
};

/// The sequences from `first` on, `count` of them.
Sequences slice(const Sequences& all, int first, int count);

}  // namespace hysteron
