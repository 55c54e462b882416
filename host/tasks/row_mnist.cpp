#include <memory>

#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

#include "data/digit_sequences.hpp"

namespace hysteron {
namespace {

/// 28 pixels a step. The pixels are permuted first, then cut into 28 steps, as in the code of Lambrechts et al. 2023,
/// arXiv 2106.01001; task.permute = false gives the rows of the picture.
class RowMnist final : public Task {
 public:
  std::string description() const override { return "tell the digit after 28 steps of 28 pixels each"; }
  DataVariant reads() const override { return {"mnist", "row"}; }

  void declare(Settings& settings) const override {
    declare_digits(settings);
    declare_permutation(settings);
    settings.declare("task.permute", true, "whether the pixels are first put into one fixed random order");
  }

  TaskData make(const Settings& settings) const override {
    DigitOrder order = {.steps = 28, .features = 28, .pixels = {}};
    if (settings.flag("task.permute")) order.pixels = pixel_permutation(settings);
    return digit_task(settings, order);
  }
};

const Registration<Task> registration("row_mnist", [] { return std::make_unique<RowMnist>(); });

}  // namespace
}  // namespace hysteron
