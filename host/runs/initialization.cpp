#include "runs/initialization.hpp"

#include "runs/configuration.hpp"

namespace hysteron {
namespace {

template <class Real>
void draw(const Initializer& initializer, const InitializerRun<Real>& run) {
  if (const auto before = initializer.before(*run.settings)) draw(*before, run);
  initializer.initialize(run);
}

}  // namespace

template <class Real>
Initialized initialize_model(Model<Real>& model, const Initializer& initializer, Start start,
                             const Sequences& sequences, std::span<const std::uint64_t> seeds, const Settings& settings,
                             Journal& journal, const Question& question) {
  const InitializerRun<Real> run{.model = &model,
                                 .seeds = seeds,
                                 .sequences = &sequences,
                                 .settings = &settings,
                                 .journal = &journal,
                                 .question = question};
  const MeasureOptions options = measure_options(settings);
  const auto measure = [&](const char* when) {
    Multistability measured;
    if (options.draws == 0) return measured;
    measured = measure_multistability(model, sequences, seeds, options);
    journal.event("measured", {{"when", when}, {"vaa", measured.vaa}, {"vaa_star", measured.vaa_star}});
    return measured;
  };
  Initialized initialized;
  const std::unique_ptr<Initializer> before = initializer.before(settings);
  if (before && start == Start::drawn) draw(*before, run);
  if (before || start == Start::given) initialized.before = measure("before");
  initializer.initialize(run);
  initialized.after = measure("initialized");
  if (initialized.before.vaa.empty()) initialized.before = initialized.after;
  return initialized;
}

template Initialized initialize_model(Model<float>&, const Initializer&, Start, const Sequences&,
                                      std::span<const std::uint64_t>, const Settings&, Journal&, const Question&);
template Initialized initialize_model(Model<double>&, const Initializer&, Start, const Sequences&,
                                      std::span<const std::uint64_t>, const Settings&, Journal&, const Question&);

}  // namespace hysteron
