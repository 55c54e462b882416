#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>

#include "preparation/draws.hpp"

namespace hysteron {
namespace {

/// As classic, with every recurrent block orthogonal (Saxe, McClelland & Ganguli 2014, arXiv 1312.6120) and the biases
/// of the input half zero. A diagonal cell has no recurrent block and starts as classic. Of a deep transition (lmn) the
/// way from the memory back into the intermediate layer is zero: beside it the memory would not keep its norm, with it
/// closed it does.
class Orthogonal final : public Initializer {
 public:
  std::string description() const override { return "every recurrent block a random orthogonal matrix, biases zero"; }
  void declare(Settings&) const override {}
  void initialize(const InitializerRun<float>& run) const override { draw(run); }
  void initialize(const InitializerRun<double>& run) const override { draw(run); }

 private:
  template <class Real>
  static void draw(const InitializerRun<Real>& run) {
    const CellInfo& cell = *run.model->shape().cell;
    CellDraws draws = classic_draws(cell);
    draws.weight_hh = Draw::orthogonal;
    draws.intermediate = Draw::zero;
    draws.bias = Draw::zero;
    if (cell.layout.unit != UnitPlace::weight_hh) draws.unit = Draw::zero;
    draw_parameters(*run.model, run.seeds, draws);
  }
};

const Registration<Initializer> registration("orthogonal", [] { return std::make_unique<Orthogonal>(); });

}  // namespace
}  // namespace hysteron
