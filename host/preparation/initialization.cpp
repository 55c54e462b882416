#include "preparation/initialization.hpp"

#include "preparation/measurement.hpp"

namespace hysteron {
namespace {

template <class Real>
void draw(const Initializer& initializer, const InitializerRun<Real>& run) {
  if (const auto before = initializer.before(*run.settings)) draw(*before, run);
  initializer.initialize(run);
}

}  // namespace

template <class Real>
Prepared initialize_model(const Initializer* initializer, Start start, const InitializerRun<Real>& run) {
  const MeasureOptions options = measure_options(*run.settings);
  const Measurement<Real> measurement{*run.model, *run.sequences, run.seeds, options, *run.journal};
  Prepared prepared;
  const std::unique_ptr<Initializer> before = initializer ? initializer->before(*run.settings) : nullptr;
  if (before && start == Start::drawn) draw(*before, run);
  if (before || start == Start::given) prepared.before = measurement.now("before");
  if (initializer) initializer->initialize(run);
  prepared.after = measurement.now("initialized");
  if (prepared.before.vaa.empty()) prepared.before = prepared.after;
  return prepared;
}

template Prepared initialize_model(const Initializer*, Start, const InitializerRun<float>&);
template Prepared initialize_model(const Initializer*, Start, const InitializerRun<double>&);

}  // namespace hysteron
