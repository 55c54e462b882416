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
      const std::string settings =
          fmt::format("task.name = \"denoising\"\ntask.steps = {}\ntask.pad = {}\n", steps, pad) +
          (full ? large : small);
      for (Arm& arm :
           every_arm(fmt::format("T = {}, forgetting period {}", steps, pad), fmt::format("pad{}", pad), settings,
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
  static constexpr const char* small =
      "replicas = 3\ntask.train = 20000\ntask.test = 5000\nmodel.units = 64\nmodel.layers = 2\n"
      "train.updates = 1500\ntrain.validate_every = 150\ntrain.vaa_every = 500\ntrain.validation_share = 0.05\n"
      "init.measure_draws = 3\n";
  static constexpr const char* large =
      "replicas = 5\ntask.train = 60000\ntask.test = 10000\nmodel.units = 256\nmodel.layers = 2\n"
      "train.epochs = 50\ntrain.vaa_every = 3000\n";
};

const Registration<Reproduction> registration("denoising", [] { return std::make_unique<Denoising>(); });

}  // namespace
}  // namespace hysteron
