#include <hysteron/registry.hpp>

#include "data/digit_sequences.hpp"
#include "runs/autoencoder_findings.hpp"
#include "runs/reproduction.hpp"

namespace hysteron {
namespace {

/// Carta, Sperduti & Bacciu 2020: what the linear autoencoder remembers of digits, and the network that it starts.
class Laes final : public Reproduction {
 public:
  std::string description() const override {
    return "the linear autoencoder of MNIST's digits, and linear memory networks that start from it (Carta et al. "
           "2020)";
  }
  std::vector<Arm> arms(ReproductionScale scale) const override {
    std::vector<Arm> all;
    for (const char* const variant : variants)
      for (Arm& arm : arms_of(variant, scale)) all.push_back(std::move(arm));
    return all;
  }
  Findings findings(ReproductionScale scale, const ReadArm& read) const override {
    Findings found;
    for (const std::string variant : variants) {
      const ArmInputs inputs = read(arms_of(variant, scale).front());  // the data are the same for all of them
      std::vector<int> pixels;                                         // in the order of the steps
      if (variant == "permuted") pixels = pixel_permutation(inputs.settings);
      add_autoencoders(found,
                       {.title = variant,
                        .fitted = inputs.data.train,
                        .tested = inputs.data.test,
                        .components = {32, 64, 128, 256},
                        .pixels = pixels},
                       *inputs.backend);
    }
    return found;
  }
  std::vector<std::string> ledger() const override {
    return {
        "The autoencoder is fitted exactly, to all training digits: the authors' code approximates it in slices, takes "
        "the mean off twice in its first run, and always drops the weakest of the directions that it keeps.",
        "The paper's permutation is not published; here it comes from task.seed, and is the same for every arm.",
        "The autoencoder's read-out starts from regularized least squares, as in the paper; the other starts draw "
        "theirs.",
        "Learning rates were chosen for each start among 1e-3, 3e-4, 1e-4, 3e-5 and 1e-5, by the validation accuracy "
        "of "
        "sequential MNIST after 150 or 200 gradient steps: 3e-5 classic, 1e-4 orthogonal, 1e-5 autoencoder. A memory "
        "that keeps every norm over 784 steps does not bear larger ones."};
  }

 private:
  static constexpr const char* variants[] = {"sequential", "permuted"};
  /// The other starts are compared with the one that comes first.
  struct Start {
    const char* name;
    double learning_rate;
  };
  static constexpr Start starts[] = {{"classic", 3e-5}, {"orthogonal", 1e-4}, {"autoencoder", 1e-5}};

  static std::vector<Arm> arms_of(const std::string& variant, ReproductionScale scale) {
    std::vector<Arm> all;
    for (const Start& start : starts) {
      const std::vector<Assignment> own{{"task.name", variant + "_mnist"},
                                        {"train.learning_rate", start.learning_rate}};
      for (Arm& arm : every_arm(variant, variant, joined(own, scale == ReproductionScale::full ? large : small),
                                {"lmn"}, {start.name}))
        all.push_back(std::move(arm));
    }
    return all;
  }

  static inline const std::vector<Assignment> small{{"replicas", 3},
                                                    {"model.units", 128},
                                                    {"model.layers", 1},
                                                    {"train.batch", 64},
                                                    {"train.updates", 200},
                                                    {"train.validation_share", 0.05},
                                                    {"train.validate_every", 100},
                                                    {"train.clip", 1.0},
                                                    {"train.memory_sequences", 2000},
                                                    {"train.gradient_every", 100},
                                                    {"init.measure_draws", 0}};
  static inline const std::vector<Assignment> large{{"replicas", 5},
                                                    {"model.units", 128},
                                                    {"model.layers", 1},
                                                    {"train.batch", 64},
                                                    {"train.epochs", 30},
                                                    {"train.clip", 1.0},
                                                    {"train.memory_sequences", 20000},
                                                    {"train.gradient_every", 5000},
                                                    {"init.measure_draws", 0}};
};

const Registration<Reproduction> registration("laes", [] { return std::make_unique<Laes>(); });

}  // namespace
}  // namespace hysteron
