#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>

#include "preparation/suitable_cells.hpp"

namespace hysteron {
namespace {

class Chrono final : public Initializer {
 public:
  std::string description() const override {
    return "forget and input gates biased for time constants up to init.time_constant (" + cells() + ")";
  }
  std::string reason_against(const CellInfo& cell) const override { return reason_against_chrono(cell); }
  void declare(Settings& settings) const override {
    settings.declare("init.time_constant", ChronoOptions().time_constant,
                     "the largest time constant of chrono, in steps; 0: the length of the sequences",
                     range(0, 1'000'000'000));
    declare_compat(settings);
  }
  void initialize(const InitializerRun<float>& run) const override { draw(run); }
  void initialize(const InitializerRun<double>& run) const override { draw(run); }

 private:
  template <class Real>
  static void draw(const InitializerRun<Real>& run) {
    ChronoOptions options{.time_constant = run.settings->integer("init.time_constant"),
                          .compat = compat_of(*run.settings)};
    if (options.time_constant == 0 && run.sequences) options.time_constant = run.sequences->total_steps();
    draw_chrono(*run.model, run.seeds, options);
  }
};

const Registration<Initializer> registration("chrono", [] { return std::make_unique<Chrono>(); });

}  // namespace
}  // namespace hysteron
