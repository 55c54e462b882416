#include <cmath>

#include <hysteron/compat.hpp>
#include <hysteron/initializer.hpp>
#include <hysteron/random.hpp>
#include <hysteron/registry.hpp>

#include "preparation/draws.hpp"

namespace hysteron {
namespace {

/// As classic, with the gates' biases set for time constants up to T (Tallec & Ollivier 2018, arXiv 1804.11188):
/// b_f = log U(1, T - 1), b_i = -b_f, the other biases 0, for cells with an input gate i and a forget gate f. Where the
/// cell has a second bias it is 0; with compat = "authors" it is drawn likewise, and the gates see the sum of both.
class Chrono final : public Initializer {
 public:
  std::string description() const override {
    return "forget and input gates biased for time constants up to init.time_constant (lstm)";
  }
  void declare(Settings& settings) const override {
    settings.declare("init.time_constant", 0, "the largest of chrono, in steps; 0: as long as the sequences",
                     range(0, 1'000'000'000));
    declare_compat(settings);
  }
  void initialize(const InitializerRun<float>& run) const override { draw(run); }
  void initialize(const InitializerRun<double>& run) const override { draw(run); }

 private:
  template <class Real>
  static void draw(const InitializerRun<Real>& run) {
    Model<Real>& model = *run.model;
    const CellInfo& cell = *model.shape().cell;
    const std::size_t input_gate = cell.layout.gates.find('i'), forget_gate = cell.layout.gates.find('f');
    if (input_gate == std::string_view::npos || forget_gate == std::string_view::npos)
      throw usage_error(
          {.what = "chrono sets the input and the forget gate, and a " + std::string(cell.name) + " has no such pair",
           .expected = "--cell lstm",
           .found = "--cell " + std::string(cell.name),
           .hint = "choose lstm, or another --init"});
    double longest = static_cast<double>(run.settings->integer("init.time_constant"));
    if (longest == 0 && run.sequences) longest = run.sequences->total_steps();
    if (longest < 3)
      throw usage_error({.what = "chrono needs time constants to draw from",
                         .expected = "init.time_constant of 3 steps or more",
                         .found = std::to_string(static_cast<long long>(longest)),
                         .hint = "--set init.time_constant=600"});
    CellDraws draws = classic_draws(cell);
    draws.bias = draws.unit = Draw::zero;
    draw_parameters(model, run.seeds, draws);
    const std::size_t units = static_cast<std::size_t>(model.part_units());
    for (std::size_t s = 0; s < model.parameters().slices().size(); ++s) {
      const ParameterSlice& slice = model.parameters().slices()[s];
      const bool second = slice.role == Role::unit && cell.layout.unit == UnitPlace::bias_hh;
      if (slice.role != Role::bias_ih && !(second && compat_of(*run.settings) == Compat::authors)) continue;
      for (std::size_t replica = 0; replica < run.seeds.size(); ++replica) {
        Random random(run.seeds[replica], Stream::parameters, s);
        std::vector<double> bias(static_cast<std::size_t>(slice.size()));
        for (std::size_t unit = 0; unit < units; ++unit) {
          const double forget = std::log(random.uniform(1, longest - 1));
          bias[forget_gate * units + unit] = forget;
          bias[input_gate * units + unit] = -forget;
        }
        set_parameter(model, static_cast<int>(replica), slice, bias);
      }
    }
  }
};

const Registration<Initializer> registration("chrono", [] { return std::make_unique<Chrono>(); });

}  // namespace
}  // namespace hysteron
