#pragma once
#include <vector>

#include <hysteron/settings.hpp>
#include <hysteron/task.hpp>

namespace hysteron {

/// In what order a network sees the 784 pixels of a digit.
struct DigitOrder {
  int steps = 784, features = 1;  ///< their product is 784
  std::vector<int> pixels;        ///< [784]: at place i lies pixel pixels[i]; empty: row by row, as in the file
};

/// task.data, task.train, task.test, task.black, task.solved.
void declare_digits(Settings& settings);

/// MNIST (LeCun et al. 1998) as sequences of pixel/255 - 0.5, in the file's order of digits, each followed by
/// task.black steps of 0, which is mid-gray on this scale; the answer is asked for at the last step. Throws data
/// errors, and a usage error when more digits are asked for than there are.
TaskData digit_task(const Settings& settings, const DigitOrder& order);

/// task.seed, which the permutation comes from.
void declare_permutation(Settings& settings);
/// One fixed permutation of the pixels, of (task.seed, Stream::permutation).
std::vector<int> pixel_permutation(const Settings& settings);

}  // namespace hysteron
