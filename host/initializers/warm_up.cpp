#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>

namespace hysteron {
namespace {

/// Improves what another initializer drew, or the user's own network.
class WarmingUp final : public Initializer {
 public:
  std::string description() const override {
    return "gradient steps that maximize the attractors a network can reach (VAA*)";
  }

  void declare(Settings& settings) const override {
    const WarmUpOptions options;
    settings.declare("init.from", "classic", "the initializer before the first warm-up step");
    settings.declare("init.steps", options.steps, "gradient steps of the warm-up", range(0, 1'000'000));
    settings.declare("init.sequences", options.sequences, "sequences in a warm-up step", range(2, 4096));
    settings.declare("init.target", options.target, "VAA* that each layer is driven to", range(0.0, 1.0));
    settings.declare("init.learning_rate", options.learning_rate, "learning rate of the warm-up's Adam",
                     range(0.0, 1e6));
    settings.declare("init.longest", options.longest, "the most constant-input steps of a warm-up step",
                     range(1, 1'000'000));
    settings.declare("init.ramp", options.ramp, "warm-up step s has at most 1 + ramp s constant-input steps",
                     range(0, 1'000'000));
    settings.declare("init.epsilon", options.epsilon, "states nearer than this are one attractor", range(0.0, 1e6));
    before(settings)->declare(settings);
  }

  std::unique_ptr<Initializer> before(const Settings& settings) const override {
    const std::string& name = settings.text("init.from");
    if (name == "warm_up") throw settings.unsuitable("init.from", "another initializer", "--set init.from=classic");
    return Registry<Initializer>::make(name);
  }

  void initialize(const InitializerRun<float>& run) const override { improve(run); }
  void initialize(const InitializerRun<double>& run) const override { improve(run); }

 private:
  template <class Real>
  static void improve(const InitializerRun<Real>& run) {
    const Settings& settings = *run.settings;
    const auto whole = [&](const char* key) { return static_cast<int>(settings.integer(key)); };
    warm_up(*run.model, *run.sequences, run.seeds,
            {.steps = whole("init.steps"),
             .sequences = whole("init.sequences"),
             .target = settings.number("init.target"),
             .epsilon = settings.number("init.epsilon"),
             .learning_rate = settings.number("init.learning_rate"),
             .longest = whole("init.longest"),
             .ramp = whole("init.ramp"),
             .measure = {.draws = 0}},  // the caller measures
            *run.journal);
  }
};

const Registration<Initializer> registration("warm_up", [] { return std::make_unique<WarmingUp>(); });

}  // namespace
}  // namespace hysteron
