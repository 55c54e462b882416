#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>

namespace hysteron {
namespace {

class Orthogonal final : public Initializer {
 public:
  std::string description() const override { return "every recurrent block a random orthogonal matrix, biases zero"; }
  void declare(Settings&) const override {}
  void initialize(const InitializerRun<float>& run) const override { draw_orthogonal(*run.model, run.seeds); }
  void initialize(const InitializerRun<double>& run) const override { draw_orthogonal(*run.model, run.seeds); }
};

const Registration<Initializer> registration("orthogonal", [] { return std::make_unique<Orthogonal>(); });

}  // namespace
}  // namespace hysteron
