#include "data/drawn_sequences.hpp"

#include <cstdint>
#include <vector>

#include "foundation/long_work.hpp"

namespace hysteron {
namespace {

Sequences draw_sequences(const DrawnSequences& drawn, int count, std::uint64_t seed, Stream stream) {
  const auto input_size = static_cast<std::size_t>(drawn.steps) * static_cast<std::size_t>(drawn.features);
  const auto target_size = static_cast<std::size_t>(drawn.target_steps) * static_cast<std::size_t>(drawn.outputs);
  Sequences sequences = {.count = count,
                         .steps = drawn.steps,
                         .features = drawn.features,
                         .inputs = std::vector<float>(static_cast<std::size_t>(count) * input_size),
                         .black = 0,
                         .lengths = {},
                         .target_steps = drawn.target_steps,
                         .outputs = drawn.outputs,
                         .targets = std::vector<float>(static_cast<std::size_t>(count) * target_size),
                         .labels = {}};
  LongWork work("drawing sequences", count);
  for (std::size_t n = 0; n < static_cast<std::size_t>(count); ++n) {
    if (n % 64 == 0) work.at(static_cast<std::int64_t>(n));
    Random random(seed, stream, n);
    drawn.draw(random, std::span(sequences.inputs).subspan(n * input_size, input_size),
               std::span(sequences.targets).subspan(n * target_size, target_size));
  }
  return sequences;
}

}  // namespace

void declare_drawn(Settings& settings) {
  settings.declare("task.steps", 100, "steps of a sequence", range(1, 1'000'000));
  settings.declare("task.train", 60000, "training sequences", range(1, 100'000'000));
  settings.declare("task.test", 10000, "test sequences", range(1, 100'000'000));
  settings.declare("task.seed", 1, "seed of the data, the same for every replica", at_least(0));
}

TaskData draw_task(const Settings& settings, const DrawnSequences& drawn) {
  const auto seed = static_cast<std::uint64_t>(settings.integer("task.seed"));
  const std::int64_t train = settings.integer("task.train"), test = settings.integer("task.test");
  return {.train = draw_sequences(drawn, static_cast<int>(train), seed, Stream::training_data),
          .test = draw_sequences(drawn, static_cast<int>(test), seed, Stream::test_data),
          .loss = LossKind::mse,
          .outputs = drawn.outputs,
          .read_steps = drawn.target_steps,
          .trivial_loss = 1.0,  // targets are N(0, 1): the variance around the mean
          .solved_loss = settings.number("task.solved"),
          .solved_accuracy = {}};
}

}  // namespace hysteron
