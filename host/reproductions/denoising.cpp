#include <fmt/format.h>

#include <hysteron/registry.hpp>

#include "runs/reproduction.hpp"

namespace hysteron {
namespace {

/// Lambrechts et al. 2023, sections 5.1 and 5.3: five flagged numbers, and the double layer that keeps precision.
class Denoising final : public Reproduction {
 public:
  std::string description() const override {
    return "recall five flagged numbers, after a forgetting period: full and partial warm-up (Lambrechts et al. 2023)";
  }
  std::vector<Arm> arms(ReproductionScale scale) const override {
    const bool full = scale == ReproductionScale::full;
    const int steps = full ? 200 : 60;
    std::vector<Arm> all;
    for (const int pad : full ? std::vector{5, 100} : std::vector{5, 30}) {
      const std::vector<Assignment> task{{"task.name", "denoising"}, {"task.steps", steps}, {"task.pad", pad}};
      for (Arm& arm : every_arm(fmt::format("T = {}, forgetting period {}", steps, pad), fmt::format("pad{}", pad),
                                joined(task, full ? large : small),
                                full ? std::vector<std::string>{"gru", "lstm", "mgu", "brc", "nbrc"}
                                     : std::vector<std::string>{"gru", "mgu"},
                                full ? std::vector<std::string>{"classic", "chrono", "warm_up", "double"}
                                     : std::vector<std::string>{"classic", "warm_up", "double"}))
        all.push_back(std::move(arm));
    }
    return all;
  }
  std::vector<std::string> ledger() const override {
    return {
        "After the trigger the inputs are noise, as in the warm-up's code; in the code of the bistable cells they are "
        "0.",
        ledger::chrono, ledger::longest_time_constant, ledger::evaluation};
  }

 private:
  static inline const std::vector<Assignment> small{{"replicas", 3},
                                                    {"task.train", 20000},
                                                    {"task.test", 5000},
                                                    {"model.units", 64},
                                                    {"model.layers", 2},
                                                    {"train.updates", 1500},
                                                    {"train.validate_every", 150},
                                                    {"train.vaa_every", 500},
                                                    {"train.validation_share", 0.05},
                                                    {"init.measure_draws", 3}};
  static inline const std::vector<Assignment> large{
      {"replicas", 5},     {"task.train", 60000}, {"task.test", 10000},     {"model.units", 256},
      {"model.layers", 2}, {"train.epochs", 50},  {"train.vaa_every", 3000}};
};

const Registration<Reproduction> registration("denoising", [] { return std::make_unique<Denoising>(); });

}  // namespace
}  // namespace hysteron
