#include <hysteron/registry.hpp>

#include "runs/reproduction.hpp"

namespace hysteron {
namespace {

/// Lambrechts et al. 2023: permuted MNIST read by rows, with black steps before the answer.
class RowMnist final : public Reproduction {
 public:
  std::string description() const override {
    return "permuted MNIST by rows, then 72 black steps before the answer (Lambrechts et al. 2023)";
  }
  std::vector<Arm> arms(ReproductionScale scale) const override {
    const bool full = scale == ReproductionScale::full;
    return every_arm(
        "72 black steps", "", joined({{"task.name", "row_mnist"}, {"task.black", 72}}, full ? large : small),
        full ? std::vector<std::string>{"gru", "lstm", "mgu", "brc", "nbrc"} : std::vector<std::string>{"gru", "lstm"},
        full ? std::vector<std::string>{"classic", "chrono", "warm_up", "double", "autoencoder", "autoencoder_warm_up"}
             : std::vector<std::string>{"classic", "chrono", "warm_up"});
  }
  std::vector<std::string> ledger() const override {
    return {"The pixels are permuted, as in the warm-up's code; the code of the bistable cells permutes rows.",
            "\"Black\" steps are 0 on the scale from -0.5 to 0.5, which is mid-gray: kept from the authors' code.",
            "The authors' permutation is not published; here it comes from task.seed, and is the same for every arm.",
            ledger::chrono,
            ledger::longest_time_constant,
            ledger::evaluation};
  }

 private:
  static inline const std::vector<Assignment> small{{"replicas", 3},          {"model.units", 64},
                                                    {"model.layers", 2},      {"train.epochs", 1},
                                                    {"train.vaa_every", 500}, {"init.measure_draws", 3}};
  static inline const std::vector<Assignment> large{
      {"replicas", 5}, {"model.units", 256}, {"model.layers", 2}, {"train.epochs", 50}, {"train.vaa_every", 3000}};
};

const Registration<Reproduction> registration("row_mnist", [] { return std::make_unique<RowMnist>(); });

}  // namespace
}  // namespace hysteron
