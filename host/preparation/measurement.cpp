#include "preparation/measurement.hpp"

namespace hysteron {

void declare_measurement(Settings& settings) {
  const MeasureOptions measure;
  settings.declare("init.measure_steps", measure.steps, "constant-input steps when VAA is measured", range(1, 1e9));
  settings.declare("init.measure_draws", measure.draws,
                   "draws over which a measured VAA is averaged; 0: do not measure VAA", range(0, 1e6));
  settings.declare("init.measure_sequences", measure.sequences, "sequences in a draw of a measured VAA",
                   range(2, 65536));
}

MeasureOptions measure_options(const Settings& settings) {
  return {.steps = static_cast<int>(settings.integer("init.measure_steps")),
          .draws = static_cast<int>(settings.integer("init.measure_draws")),
          .sequences = static_cast<int>(settings.integer("init.measure_sequences"))};
}

template <class Real>
Multistability Measurement<Real>::now(const char* when) const {
  if (options.draws == 0) return {};
  Multistability measured = measure_multistability(model, sequences, seeds, options);
  journal.event("measured", {{"when", when}, {"vaa", measured.vaa}, {"vaa_star", measured.vaa_star}});
  return measured;
}

template struct Measurement<float>;
template struct Measurement<double>;

}  // namespace hysteron
