#pragma once
#include <vector>

#include <hysteron/settings.hpp>
#include <hysteron/task.hpp>

namespace hysteron {

/// The order in which a network sees the 784 pixels of a digit.
struct DigitOrder {
  int steps = 784, features = 1;  ///< their product is 784
  std::vector<int> pixels;        ///< [784]: place i holds pixel pixels[i]; empty: row by row, as in the file
};

/// Declares task.data, task.train, task.test, task.black, task.solved.
void declare_digits(Settings& settings);

/// MNIST (LeCun et al. 1998) as sequences of pixel/255 - 0.5, with the digits in the file's order, each followed by
/// task.black steps of 0, which is mid-gray on this scale; the answer is asked for at the last step. Throws data
/// errors, and a usage error when more digits are asked for than exist.
TaskData digit_task(const Settings& settings, const DigitOrder& order);

/// Declares task.seed, from which the permutation comes.
void declare_permutation(Settings& settings);
/// One fixed permutation of the pixels, drawn from (task.seed, Stream::permutation).
std::vector<int> pixel_permutation(const Settings& settings);

}  // namespace hysteron
