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
      const std::string settings =
          fmt::format("task.name = \"copy_first_input\"\ntask.steps = {}\n", steps) + (full ? large : small);
      for (Arm& arm : every_arm(fmt::format("T = {}", steps), fmt::format("T{}", steps), settings,
                                {"gru", "lstm", "mgu", "brc", "nbrc"},
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
  static constexpr const char* small =
      "replicas = 3\ntask.train = 20000\ntask.test = 5000\nmodel.units = 64\nmodel.layers = 2\n"
      "train.updates = 1000\ntrain.validate_every = 100\ntrain.vaa_every = 250\ntrain.validation_share = 0.05\n"
      "init.measure_draws = 3\n";
  static constexpr const char* large =
      "replicas = 5\ntask.train = 60000\ntask.test = 10000\nmodel.units = 256\nmodel.layers = 2\n"
      "train.epochs = 50\ntrain.vaa_every = 3000\n";
};

const Registration<Reproduction> registration("copy", [] { return std::make_unique<Copy>(); });

}  // namespace
}  // namespace hysteron
