#include <hysteron/registry.hpp>

#include "runs/reproduction.hpp"

namespace hysteron {
namespace {

/// A pixel a step, in order and permuted: the benchmark of both papers.
class Mnist final : public Reproduction {
 public:
  std::string description() const override {
    return "sequential and permuted MNIST, a pixel a step (Lambrechts et al. 2023; Carta et al. 2020)";
  }
  std::vector<Arm> arms(ReproductionScale scale) const override {
    const bool full = scale == ReproductionScale::full;
    std::vector<Arm> all;
    for (const std::string variant : {"sequential", "permuted"})
      for (Arm& arm : every_arm(variant, variant, joined({{"task.name", variant + "_mnist"}}, full ? large : small),
                                full ? std::vector<std::string>{"gru", "lstm", "mgu", "brc", "nbrc", "lmn"}
                                     : std::vector<std::string>{"gru"},
                                full ? std::vector<std::string>{"classic", "chrono", "warm_up", "double", "autoencoder",
                                                                "autoencoder_warm_up"}
                                     : std::vector<std::string>{"classic", "warm_up", "double", "autoencoder"}))
        all.push_back(std::move(arm));
    return all;
  }
  std::vector<std::string> ledger() const override {
    return {"The papers' permutations are not published; here one comes from task.seed, the same for every arm.",
            ledger::chrono, ledger::longest_time_constant, ledger::evaluation};
  }

 private:
  static inline const std::vector<Assignment> small{
      {"replicas", 3},        {"model.units", 64},           {"model.layers", 1},
      {"train.updates", 600}, {"train.validate_every", 200}, {"train.validation_share", 0.05},
      {"train.clip", 1.0},    {"init.measure_draws", 3}};
  static inline const std::vector<Assignment> large{{"replicas", 5},     {"model.units", 256},
                                                    {"model.layers", 2}, {"train.epochs", 50},
                                                    {"train.clip", 1.0}, {"train.vaa_every", 3000}};
};

const Registration<Reproduction> registration("mnist", [] { return std::make_unique<Mnist>(); });

}  // namespace
}  // namespace hysteron
