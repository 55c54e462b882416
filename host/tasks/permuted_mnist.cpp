#include <memory>

#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

#include "data/digit_sequences.hpp"

namespace hysteron {
namespace {

/// A pixel a step, in one random order for all digits (Le, Jaitly, Hinton 2015, arXiv 1504.00941).
class PermutedMnist final : public Task {
 public:
  std::string description() const override { return "as sequential_mnist, the pixels in one fixed random order"; }
  DataVariant reads() const override { return {"mnist", "permuted"}; }

  void declare(Settings& settings) const override {
    declare_digits(settings);
    declare_permutation(settings);
  }

  TaskData make(const Settings& settings) const override {
    return digit_task(settings, {.steps = 784, .features = 1, .pixels = pixel_permutation(settings)});
  }
};

const Registration<Task> registration("permuted_mnist", [] { return std::make_unique<PermutedMnist>(); });

}  // namespace
}  // namespace hysteron
