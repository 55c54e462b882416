#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>

#include "preparation/draws.hpp"

namespace hysteron {
namespace {

/// The start of the papers' own experiments, cell by cell (docs/algorithms.md#starts).
class Classic final : public Initializer {
 public:
  std::string description() const override { return "each cell's usual start: Xavier, orthogonal or uniform draws"; }
  void declare(Settings&) const override {}
  void initialize(const InitializerRun<float>& run) const override { draw(run); }
  void initialize(const InitializerRun<double>& run) const override { draw(run); }

 private:
  template <class Real>
  static void draw(const InitializerRun<Real>& run) {
    draw_parameters(*run.model, run.seeds, classic_draws(*run.model->shape().cell));
  }
};

const Registration<Initializer> registration("classic", [] { return std::make_unique<Classic>(); });

}  // namespace
}  // namespace hysteron
