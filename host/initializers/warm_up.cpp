#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/warm_up.hpp>

#include "foundation/statistics.hpp"

namespace hysteron {
namespace {

/// Gradient steps towards as many reachable attractors as there are sequences (Lambrechts et al. 2023, arXiv
/// 2106.01001), after another initializer, or on the user's own network.
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
    settings.declare("init.learning_rate", options.learning_rate, "of the warm-up's own Adam", range(0.0, 1e6));
    settings.declare("init.longest", options.longest, "constant-input steps of a warm-up step, at most",
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

  void initialize(const InitializerRun<float>& run) const override { warm_up(run); }
  void initialize(const InitializerRun<double>& run) const override { warm_up(run); }

 private:
  template <class Real>
  static void warm_up(const InitializerRun<Real>& run) {
    const Settings& settings = *run.settings;
    const auto whole = [&](const char* key) { return static_cast<int>(settings.integer(key)); };
    const WarmUpOptions options{.steps = whole("init.steps"),
                                .sequences = whole("init.sequences"),
                                .target = settings.number("init.target"),
                                .epsilon = settings.number("init.epsilon"),
                                .learning_rate = settings.number("init.learning_rate"),
                                .longest = whole("init.longest"),
                                .ramp = whole("init.ramp")};
    WarmUp<Real> warming(*run.model, *run.sequences, run.seeds, options);
    for (int s = 0; s < options.steps; ++s) {
      const std::vector<unsigned char> active = warming.active();
      const std::vector<double>& loss = warming.step(s);
      for (std::size_t r = 0; r < active.size(); ++r)
        if (active[r] && !warming.active()[r])
          run.journal->warning("replica " + std::to_string(r) + ": not a finite number in warm-up step " +
                               std::to_string(s) + "; it keeps the weights before it and is warmed up no further");
      run.journal->event("warmed",
                         {{"step", s}, {"steps", options.steps}, {"loss", loss}, {"vaa_star", warming.vaa_star()}});
      run.journal->progress("warm-up", s + 1, options.steps, median(warming.vaa_star()), "VAA*");
    }
  }
};

const Registration<Initializer> registration("warm_up", [] { return std::make_unique<WarmingUp>(); });

}  // namespace
}  // namespace hysteron
