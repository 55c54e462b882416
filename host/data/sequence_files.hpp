#pragma once
#include <optional>
#include <string>

#include <hysteron/operations.hpp>
#include <hysteron/sequences.hpp>

namespace hysteron {

/// At which steps outputs are compared with targets. automatic: all when the targets have every step, else last.
enum class Answers { automatic, last, all };

/// The name that a user gives: "auto", "last", "all". Throws a usage error.
Answers answers_named(const std::string& name);
/// "mse", "cross_entropy" or "binary_cross_entropy". Throws a usage error.
LossKind loss_named(const std::string& name);

/// The user's own sequences: names of .npy or .npz files. Their first two axes are [steps, batch].
struct SequenceFiles {
  std::string inputs;   ///< [steps, batch, inputs] float32 or float64
  std::string lengths;  ///< [batch] integers, 1 .. steps; empty: all have every step
  std::string targets;  ///< mse, binary_cross_entropy (0 .. 1): [1 or steps, batch, outputs] float32 or float64;
                        ///< cross_entropy: [batch] integers from 0 on; empty: none
  LossKind loss = LossKind::mse;
  Answers answers = Answers::automatic;
  std::optional<int> classes;  ///< labels are less than this; none: the largest label tells
};

/// Reads them, sequence by sequence in memory. With Answers::last and targets of every step each sequence's is that of
/// its own last step. target_steps is 1 or the inputs' steps, for labels too. Throws data errors: see the shapes above;
/// values that are not finite; lengths and labels out of range.
Sequences read_sequences(const SequenceFiles& files);

}  // namespace hysteron
