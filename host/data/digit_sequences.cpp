#include "data/digit_sequences.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include <hysteron/error.hpp>
#include <hysteron/random.hpp>

#include "data/mnist_files.hpp"

namespace hysteron {
namespace {

constexpr std::size_t pixels_of_digit = 784;  // 28 x 28
constexpr int classes = 10;

// pixel/255 - 0.5 for every byte, rounded once.
std::array<float, 256> scale() {
  std::array<float, 256> scaled{};
  for (std::size_t pixel = 0; pixel < scaled.size(); ++pixel)
    scaled[pixel] = static_cast<float>(static_cast<double>(pixel) / 255 - 0.5);
  return scaled;
}

// The first digits, as many as the setting `limit` says.
Sequences sequences_of(const MnistDigits& digits, const Settings& settings, const char* limit,
                       const DigitOrder& order) {
  const std::vector<std::int64_t>& shape = digits.images.shape;
  if (shape[1] != 28 || shape[2] != 28)
    throw data_error({.what = "the images are not those of MNIST",
                      .expected = "[count, 28, 28]",
                      .found = shape_text(shape),
                      .hint = "a data set with other images can be read by the task arrays"});
  const std::int64_t wanted = settings.integer(limit);
  if (wanted > shape[0])
    throw settings.unsuitable(limit, fmt::format("at most {}, the digits in the file", shape[0]),
                              "0 takes all of them");
  const auto count = static_cast<std::size_t>(wanted > 0 ? wanted : shape[0]);
  Sequences sequences = {.count = static_cast<int>(count),
                         .steps = order.steps,
                         .features = order.features,
                         .inputs = std::vector<float>(count * pixels_of_digit),
                         .black = static_cast<int>(settings.integer("task.black")),
                         .lengths = {},
                         .target_steps = 1,
                         .outputs = classes,
                         .targets = {},
                         .labels = std::vector<int>(count)};
  const std::array<float, 256> scaled = scale();
  const auto input_of = [&](std::byte pixel) { return scaled[std::to_integer<std::size_t>(pixel)]; };
  for (std::size_t n = 0; n < count; ++n) {
    const std::byte* const digit = digits.images.bytes.data() + n * pixels_of_digit;
    float* const inputs = sequences.inputs.data() + n * pixels_of_digit;
    if (order.pixels.empty())
      std::transform(digit, digit + pixels_of_digit, inputs, input_of);
    else
      std::transform(order.pixels.begin(), order.pixels.end(), inputs,
                     [&](int place) { return input_of(digit[place]); });
    sequences.labels[n] = std::to_integer<int>(digits.labels.bytes[n]);
  }
  return sequences;
}

}  // namespace

void declare_digits(Settings& settings) {
  settings.declare("task.data", "", "folder of MNIST's files; none: $HYSTERON_DATA or the cache");
  settings.declare("task.train", 0, "number of training digits, from the start of the file; 0: all", at_least(0));
  settings.declare("task.test", 0, "number of test digits, from the start of the file; 0: all", at_least(0));
  settings.declare("task.black", 0, "further steps of zeros before the answer", range(0, 1'000'000));
  settings.declare("task.solved", 0.9, "test accuracy from which a replica counts as solved", range(0.0, 1.0));
}

TaskData digit_task(const Settings& settings, const DigitOrder& order) {
  const MnistFiles files = find_mnist(data_folders(settings.text("task.data")));
  const Mnist mnist = read_mnist(files);
  return {.train = sequences_of(mnist.train, settings, "task.train", order),
          .test = sequences_of(mnist.test, settings, "task.test", order),
          .loss = LossKind::cross_entropy,
          .outputs = classes,
          .read_steps = 1,
          .files = files.all(),
          .trivial_loss = std::log(static_cast<double>(classes)),
          .solved_loss = {},
          .solved_accuracy = settings.number("task.solved")};
}

void declare_permutation(Settings& settings) {
  settings.declare("task.seed", 1, "seed of the permutation, the same for every replica", at_least(0));
}

std::vector<int> pixel_permutation(const Settings& settings) {
  return Random(static_cast<std::uint64_t>(settings.integer("task.seed")), Stream::permutation)
      .permutation(static_cast<int>(pixels_of_digit));
}

}  // namespace hysteron
