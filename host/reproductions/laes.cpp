#include <fmt/format.h>

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
    const bool full = scale == ReproductionScale::full;
    std::vector<Arm> all;
    for (const std::string variant : {"sequential", "permuted"})
      for (const Start& start : starts)
        for (Arm& arm : every_arm(
                 variant, variant,
                 fmt::format("task.name = \"{}_mnist\"\ntrain.learning_rate = {}\n", variant, start.learning_rate) +
                     (full ? large : small),
                 {"lmn"}, {start.name}))
          all.push_back(std::move(arm));
    return all;
  }
  Findings findings(ReproductionScale scale, const ReadArm& read) const override {
    Findings found;
    std::string before;
    for (const Arm& arm : arms(scale)) {  // the data are the same for all arms of a variant
      const std::string variant = arm.name.substr(0, arm.name.find('-'));
      if (variant == before) continue;
      before = variant;
      const ArmInputs inputs = read(arm);
      std::vector<int> pixels;  // in the order of the steps
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
  /// The start that comes first is the one that the others are compared with.
  struct Start {
    const char *name, *learning_rate;
  };
  static constexpr Start starts[] = {{"classic", "3e-5"}, {"orthogonal", "1e-4"}, {"autoencoder", "1e-5"}};
  static constexpr const char* small =
      "replicas = 3\nmodel.units = 128\nmodel.layers = 1\ntrain.batch = 64\ntrain.updates = 200\n"
      "train.validation_share = 0.05\ntrain.validate_every = 100\ntrain.clip = 1.0\ntrain.memory_sequences = 2000\n"
      "train.gradient_every = 100\ninit.measure_draws = 0\n";
  static constexpr const char* large =
      "replicas = 5\nmodel.units = 128\nmodel.layers = 1\ntrain.batch = 64\ntrain.epochs = 30\ntrain.clip = 1.0\n"
      "train.memory_sequences = 20000\ntrain.gradient_every = 5000\ninit.measure_draws = 0\n";
};

const Registration<Reproduction> registration("laes", [] { return std::make_unique<Laes>(); });

}  // namespace
}  // namespace hysteron
