#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>

#include "preparation/draws.hpp"

namespace hysteron {
namespace {

/// As classic, with every recurrent block the identity, scaled, and the biases zero (Le, Jaitly & Hinton 2015, arXiv
/// 1504.00941). A diagonal cell has its own weights, which are 1 already.
class Identity final : public Initializer {
 public:
  std::string description() const override {
    return "every recurrent block the identity times init.scale, biases zero";
  }
  void declare(Settings& settings) const override {
    settings.declare("init.scale", 1.0, "of the identity in the recurrent blocks", range(0.0, 100.0));
  }
  void initialize(const InitializerRun<float>& run) const override { draw(run); }
  void initialize(const InitializerRun<double>& run) const override { draw(run); }

 private:
  template <class Real>
  static void draw(const InitializerRun<Real>& run) {
    Model<Real>& model = *run.model;
    const CellInfo& cell = *model.shape().cell;
    CellDraws draws = classic_draws(cell);
    draws.bias = Draw::zero;
    if (cell.layout.unit != UnitPlace::weight_hh) draws.unit = Draw::zero;
    draw_parameters(model, run.seeds, draws);
    const double scale = run.settings->number("init.scale");
    for (const ParameterSlice& slice : model.parameters().slices()) {
      if (slice.role != Role::weight_hh) continue;
      std::vector<double> blocks(static_cast<std::size_t>(slice.size()));
      for (std::ptrdiff_t row = 0; row < slice.rows(); ++row)
        blocks[static_cast<std::size_t>(row * slice.columns() + row % slice.columns())] = scale;
      for (int replica = 0; replica < model.replicas(); ++replica) set_parameter(model, replica, slice, blocks);
    }
  }
};

const Registration<Initializer> registration("identity", [] { return std::make_unique<Identity>(); });

}  // namespace
}  // namespace hysteron
