#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace hysteron {

/// Values as they were given: in double precision where there are such, else in single.
class InputValues {
 public:
  InputValues(const float* rounded, const double* exact) : rounded_(rounded), exact_(exact) {}
  double operator[](std::size_t i) const { return exact_ ? exact_[i] : static_cast<double>(rounded_[i]); }
  InputValues from(std::size_t first) const {
    return {exact_ ? nullptr : rounded_ + first, exact_ ? exact_ + first : nullptr};
  }
  const double* exact() const { return exact_; }  ///< null: single precision holds them

 private:
  const float* rounded_;
  const double* exact_;
};

/// Sequences and their targets, on the host.
struct Sequences {
  int count = 0, steps = 0, features = 0;
  std::vector<float> inputs = {};  ///< [count, steps, features], or [stored sequences, steps, features]
  /// The inputs in double precision, where they were given so and single precision does not hold them; else empty. What
  /// computes in double takes these.
  std::vector<double> exact_inputs = {};
  /// Which of the stored inputs each sequence reads [count]; empty: its own. Sequences that begin alike are stored
  /// once, and differ in their lengths.
  std::vector<int> stored = {};
  /// The number of replicas that have `count` sequences of their own, one replica's after the other's, instead of the
  /// same ones; `stored` and `lengths` are then [owners, count]. 1: all replicas share the sequences.
  int owners = 1;
  int black = 0;                  ///< further steps of zeros at the end of every sequence, not stored
  std::vector<int> lengths = {};  ///< [count], 1 .. steps; empty: every sequence has all steps
  int target_steps = 0, outputs = 0;
  std::vector<float> targets = {};         ///< regression: [count, target_steps, outputs]; else empty
  std::vector<double> exact_targets = {};  ///< as exact_inputs
  std::vector<int> labels = {};  ///< classification: [count] or [count, target_steps], 0 .. outputs - 1, or negative
                                 ///< (ignored_label) where there is none that counts; else empty

  int total_steps() const { return steps + black; }
  /// target_steps, or 1 where the label is the same at every step; 0: there are none.
  int label_steps() const { return count == 0 ? 0 : static_cast<int>(labels.size() / static_cast<std::size_t>(count)); }
};

/// "100 sequences of 30 steps, 3 inputs", for messages.
std::string sequences_text(const Sequences& sequences);

/// What a computation in single precision loses of the inputs and targets, where that is more than a thousandth of
/// their spread: a sentence for a warning; else empty.
std::string lost_to_rounding(const Sequences& sequences);

/// All of them in a random order, the same each time for as many sequences.
Sequences shuffled(const Sequences& all);

/// The sequences from `first` on, `count` of them.
Sequences slice(const Sequences& all, int first, int count);

}  // namespace hysteron
