#include <memory>

#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

#include "data/digit_sequences.hpp"

namespace hysteron {
namespace {

/// A pixel a step, row by row (Le, Jaitly, Hinton 2015, arXiv 1504.00941).
class SequentialMnist final : public Task {
 public:
  std::string description() const override { return "tell the digit after its 784 pixels, one a step"; }
  DataVariant reads() const override { return {"mnist", "sequential"}; }
  void declare(Settings& settings) const override { declare_digits(settings); }
  TaskData make(const Settings& settings) const override { return digit_task(settings, {}); }
};

const Registration<Task> registration("sequential_mnist", [] { return std::make_unique<SequentialMnist>(); });

}  // namespace
}  // namespace hysteron
