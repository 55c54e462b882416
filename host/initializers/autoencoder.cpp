#include <algorithm>

#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>

#include "preparation/suitable_cells.hpp"

namespace hysteron {
namespace {

class Autoencoder final : public Initializer {
 public:
  std::string description() const override {
    return "the linear autoencoder of the training sequences, layer by layer, and a read-out by least squares (" +
           cells() + ")";
  }

  std::string reason_against(const CellInfo& cell) const override { return reason_against_autoencoder(cell); }

  void declare(Settings& settings) const override {
    const AutoencoderOptions options;
    const std::vector<double> none;
    settings.declare(
        "init.components", options.components,
        "components of each layer's memory; 0: as many as its units; the units left over start as classic ones",
        range(0, 65536));
    settings.declare("init.components_each", none, "one value for each replica instead", range(0, 65536));
    settings.declare("init.window", options.window,
                     "lags that count; 0: all if lags times features are at most 4096, else as many as make 2048",
                     range(0, 1e9));
    settings.declare("init.windows", none, "one value for each replica instead", range(0, 1e9));
    settings.declare("init.samples", options.samples,
                     "training sequences that are used, drawn for each replica; 0: all of them", range(0, 1e9));
    settings.declare("init.solver", "auto", "auto chooses by size",
                     one_of({"auto", "gram", "incremental", "randomized"}));
    settings.declare("init.scale", options.layer.scale,
                     "scale of the states; small states stay where tanh is nearly a line", above(0));
    settings.declare("init.gate_bias", options.layer.gate_bias,
                     "size of the biases that hold the gates of gated cells open or closed", range(0.0, 100.0));
    settings.declare("init.ridge", options.ridge,
                     "ridge of the read-out's least squares, in units of the mean variance of a unit", range(0.0, 1e6));
  }

  void initialize(const InitializerRun<float>& run) const override { fit(run); }
  void initialize(const InitializerRun<double>& run) const override { fit(run); }

 private:
  // Whole numbers, one per replica, or none.
  static std::vector<int> one_each(const Settings& settings, const char* key, std::size_t replicas) {
    const std::vector<double>& each = settings.numbers(key);
    std::vector<int> whole;
    for (const double value : each) whole.push_back(static_cast<int>(value));
    const bool are_whole = std::equal(each.begin(), each.end(), whole.begin(),
                                      [](double value, int number) { return value == static_cast<double>(number); });
    if (!each.empty() && (each.size() != replicas || !are_whole))
      throw settings.unsuitable(key, "a whole number for each of " + std::to_string(replicas) + " replicas",
                                "--set replicas=" + std::to_string(each.size()));
    return whole;
  }

  template <class Real>
  static void fit(const InitializerRun<Real>& run) {
    const Settings& settings = *run.settings;
    const auto whole = [&](const char* key) { return static_cast<int>(settings.integer(key)); };
    AutoencoderOptions options{
        .components = whole("init.components"),
        .components_each = one_each(settings, "init.components_each", run.seeds.size()),
        .window = whole("init.window"),
        .windows = one_each(settings, "init.windows", run.seeds.size()),
        .samples = whole("init.samples"),
        .ridge = settings.number("init.ridge"),
        .layer = {.scale = settings.number("init.scale"), .gate_bias = settings.number("init.gate_bias")},
        .objective = run.objective};
    if (settings.text("init.solver") != "auto") options.solver = solver_named(settings.text("init.solver"));
    const Sequences none;
    start_from_sequences(*run.model, run.sequences ? *run.sequences : none, run.seeds, options, *run.journal);
  }
};

const Registration<Initializer> registration("autoencoder", [] { return std::make_unique<Autoencoder>(); });

}  // namespace
}  // namespace hysteron
