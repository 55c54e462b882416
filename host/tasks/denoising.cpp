#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include <fmt/format.h>

#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

#include "data/drawn_sequences.hpp"

namespace hysteron {
namespace {

constexpr int marked = 5;  // numbers to remember, and steps to answer in

// Five different steps of 0 .. steps - 1, with every choice equally likely, in ascending order (R. Floyd's sampling;
// Bentley, "Programming pearls", CACM 1987).
std::array<int, marked> choose_steps(Random& random, int steps) {
  std::array<int, marked> chosen{};
  for (int size = 0; size < marked; ++size) {
    const int last = steps - marked + size;
    const auto drawn = static_cast<int>(random.below(last + 1));
    const auto end = chosen.begin() + size;
    *end = std::find(chosen.begin(), end, drawn) == end ? drawn : last;
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

/// Noise of N(0, 1) up to the last step, with five values flagged; they are asked for in order at the last five steps,
/// from the flag -1 on (Vecoven et al. 2021, arXiv 2006.05252, as in Lambrechts et al. 2023, arXiv 2106.01001).
class Denoising final : public Task {
 public:
  std::string description() const override { return "recall five flagged numbers of a noisy stream, in order"; }

  void declare(Settings& settings) const override {
    declare_drawn(settings);
    settings.declare("task.pad", 5, "steps at the end in which no number is flagged", range(marked, 1'000'000));
    settings.declare("task.solved", 0.05, "test loss up to which a replica counts as solved", at_least(0));
  }

  TaskData make(const Settings& settings) const override {
    const auto steps = static_cast<int>(settings.integer("task.steps")),
               pad = static_cast<int>(settings.integer("task.pad"));
    if (steps < pad + marked)
      throw settings.unsuitable("task.steps",
                                fmt::format("at least {}: five to flag, then task.pad = {}", pad + marked, pad),
                                "lengthen task.steps, or shorten task.pad (5 at least)");
    return draw_task(settings,
                     {.steps = steps,
                      .features = 2,
                      .target_steps = marked,
                      .outputs = 1,
                      .draw = [steps, pad](Random& random, std::span<float> inputs, std::span<float> targets) {
                        const auto at = [&](int step, int feature) -> float& {
                          return inputs[static_cast<std::size_t>(2 * step + feature)];
                        };
                        for (int step = 0; step < steps; ++step) at(step, 0) = static_cast<float>(random.normal());
                        at(steps - marked, 1) = -1;
                        auto target = targets.begin();
                        for (const int step : choose_steps(random, steps - pad)) {
                          at(step, 1) = 1;
                          *target++ = at(step, 0);
                        }
                      }});
  }
};

const Registration<Task> registration("denoising", [] { return std::make_unique<Denoising>(); });

}  // namespace
}  // namespace hysteron
