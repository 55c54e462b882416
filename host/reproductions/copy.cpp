#include <fmt/format.h>

#include <hysteron/registry.hpp>

#include "runs/reproduction.hpp"

namespace hysteron {
namespace {

/// Lambrechts et al. 2023, section 5.1: recall the first input.
class Copy final : public Reproduction {
 public:
  std::string description() const override {
    return "recall the first of T inputs: classic and warmed-up networks of every cell (Lambrechts et al. 2023)";
  }
  std::vector<Arm> arms(ReproductionScale scale) const override {
    const bool full = scale == ReproductionScale::full;
    std::vector<Arm> all;
    for (const int steps : full ? std::vector{50, 100, 300, 600} : std::vector{50, 100}) {
      const std::vector<Assignment> task{{"task.name", "copy_first_input"}, {"task.steps", steps}};
      for (Arm& arm : every_arm(fmt::format("T = {}", steps), fmt::format("T{}", steps),
                                joined(task, full ? large : small), {"gru", "lstm", "mgu", "brc", "nbrc"},
                                full ? std::vector<std::string>{"classic", "chrono", "warm_up", "double"}
                                     : std::vector<std::string>{"classic", "warm_up"}))
        all.push_back(std::move(arm));
    }
    return all;
  }
  std::vector<std::string> ledger() const override {
    return {
        ledger::chrono, ledger::longest_time_constant, ledger::evaluation,
        "The warm-up's prefixes run as one batch with lengths, and under the constant input its half of the gates is "
        "computed once: the same result, faster."};
  }

 private:
  static inline const std::vector<Assignment> small{{"replicas", 3},
                                                    {"task.train", 20000},
                                                    {"task.test", 5000},
                                                    {"model.units", 64},
                                                    {"model.layers", 2},
                                                    {"train.updates", 1000},
                                                    {"train.validate_every", 100},
                                                    {"train.vaa_every", 250},
                                                    {"train.validation_share", 0.05},
                                                    {"init.measure_draws", 3}};
  static inline const std::vector<Assignment> large{
      {"replicas", 5},     {"task.train", 60000}, {"task.test", 10000},     {"model.units", 256},
      {"model.layers", 2}, {"train.epochs", 50},  {"train.vaa_every", 3000}};
};

const Registration<Reproduction> registration("copy", [] { return std::make_unique<Copy>(); });

}  // namespace
}  // namespace hysteron
