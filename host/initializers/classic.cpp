#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>

namespace hysteron {
namespace {

class Classic final : public Initializer {
 public:
  std::string description() const override { return "each cell's usual start: Xavier, orthogonal or uniform draws"; }
  void declare(Settings&) const override {}
  void initialize(const InitializerRun<float>& run) const override { draw_classic(*run.model, run.seeds); }
  void initialize(const InitializerRun<double>& run) const override { draw_classic(*run.model, run.seeds); }
};

const Registration<Initializer> registration("classic", [] { return std::make_unique<Classic>(); });

}  // namespace
}  // namespace hysteron
