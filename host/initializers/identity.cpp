#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>

namespace hysteron {
namespace {

class Identity final : public Initializer {
 public:
  std::string description() const override {
    return "every recurrent block the identity times init.scale, biases zero";
  }
  void declare(Settings& settings) const override {
    settings.declare("init.scale", IdentityOptions().scale, "factor of the identity in the recurrent blocks",
                     range(0.0, 100.0));
  }
  void initialize(const InitializerRun<float>& run) const override { draw(run); }
  void initialize(const InitializerRun<double>& run) const override { draw(run); }

 private:
  template <class Real>
  static void draw(const InitializerRun<Real>& run) {
    draw_identity(*run.model, run.seeds, {.scale = run.settings->number("init.scale")});
  }
};

const Registration<Initializer> registration("identity", [] { return std::make_unique<Identity>(); });

}  // namespace
}  // namespace hysteron
