#include <fmt/format.h>

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
      for (Arm& arm :
           every_arm(variant, variant, fmt::format("task.name = \"{}_mnist\"\n", variant) + (full ? large : small),
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
  static constexpr const char* small =
      "replicas = 3\nmodel.units = 64\nmodel.layers = 1\ntrain.updates = 600\ntrain.validate_every = 200\n"
      "train.validation_share = 0.05\ntrain.clip = 1.0\ninit.measure_draws = 3\n";
  static constexpr const char* large =
      "replicas = 5\nmodel.units = 256\nmodel.layers = 2\ntrain.epochs = 50\ntrain.clip = 1.0\ntrain.vaa_every = "
      "3000\n";
};

const Registration<Reproduction> registration("mnist", [] { return std::make_unique<Mnist>(); });

}  // namespace
}  // namespace hysteron
