#include <cmath>
#include <map>
#include <tuple>

#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>

#include "preparation/network_fit.hpp"
#include "preparation/network_start.hpp"

namespace hysteron {
namespace {

/// The linear autoencoder of the training sequences, in closed form (Pasa & Sperduti 2014; Carta, Sperduti & Bacciu
/// 2020, arXiv 2011.02886): each layer remembers its inputs from the start, and the read-out is fitted to what it
/// remembers.
class Autoencoder final : public Initializer {
 public:
  std::string description() const override {
    return "the linear autoencoder of the training sequences, layer by layer, and a read-out by least squares (lmn, "
           "elman, gru, mgu, lstm)";
  }

  void declare(Settings& settings) const override {
    const NetworkFitOptions options;
    const std::vector<double> none;
    settings.declare("init.components", options.components,
                     "of each layer's memory; 0: its units; the units left over start as classic ones",
                     range(0, 65536));
    settings.declare("init.components_each", none, "one for each replica instead", range(0, 65536));
    settings.declare("init.window", options.window,
                     "lags that count; 0: all while lags times features are 4096 at most, else as many as make 2048",
                     range(0, 1e9));
    settings.declare("init.windows", none, "one for each replica instead", range(0, 1e9));
    settings.declare("init.samples", options.samples,
                     "training sequences that are looked at, each replica's own draw; 0: all of them", range(0, 1e9));
    settings.declare("init.solver", "auto", "auto goes by size", one_of({"auto", "gram", "incremental", "randomized"}));
    settings.declare("init.scale", options.scale, "of the states: small ones stay where tanh is a line", above(0));
    settings.declare("init.gate_bias", options.gate_bias, "that opens the gates of gru, mgu and lstm, or closes them",
                     range(0.0, 100.0));
    settings.declare("init.ridge", options.ridge, "of the read-out's least squares, in mean variances of a unit",
                     range(0.0, 1e6));
  }

  void initialize(const InitializerRun<float>& run) const override { fit(run); }
  void initialize(const InitializerRun<double>& run) const override { fit(run); }

 private:
  // What tells two replicas' networks apart besides their seeds: components, window, owner of the sequences.
  using Variation = std::tuple<int, int, int>;

  static std::vector<int> one_each(const Settings& settings, const char* single, const char* list,
                                   std::size_t replicas) {
    const std::vector<double>& each = settings.numbers(list);
    if (each.empty()) return std::vector<int>(replicas, static_cast<int>(settings.integer(single)));
    std::vector<int> whole;
    for (const double value : each) whole.push_back(static_cast<int>(value));
    const bool are_whole = std::equal(each.begin(), each.end(), whole.begin(),
                                      [](double value, int number) { return value == static_cast<double>(number); });
    if (each.size() != replicas || !are_whole)
      throw settings.unsuitable(list, "a whole number for each of " + std::to_string(replicas) + " replicas",
                                "--set replicas=" + std::to_string(each.size()));
    return whole;
  }

  static void require_shape(const ModelShape& shape) {
    open_cell(shape.cell->name);
    if (shape.structure == Structure::double_layer)
      throw usage_error({.what =
                             "a double layer cannot start from a linear autoencoder: its halves would be one memory "
                             "cut in two",
                         .expected = "--structure stack",
                         .found = "--structure double",
                         .hint = "double layers are made for --init warm_up"});
  }

  template <class Real>
  static void fit(const InitializerRun<Real>& run) {
    Model<Real>& model = *run.model;
    const Settings& settings = *run.settings;
    require_shape(model.shape());
    if (!run.sequences || run.sequences->count == 0)
      throw usage_error({.what = "the initializer autoencoder needs sequences",
                         .expected = "a task's, or --inputs X.npy",
                         .found = "none"});
    const std::size_t replicas = run.seeds.size();
    NetworkFitOptions options;
    options.samples = static_cast<int>(settings.integer("init.samples"));
    if (settings.text("init.solver") != "auto") options.solver = solver_named(settings.text("init.solver"));
    options.scale = settings.number("init.scale");
    options.gate_bias = settings.number("init.gate_bias");
    options.ridge = settings.number("init.ridge");
    const std::vector<int> components = one_each(settings, "init.components", "init.components_each", replicas),
                           windows = one_each(settings, "init.window", "init.windows", replicas);
    std::map<Variation, Tensor<Real>> alike;  // parameters that owe nothing to chance serve every such replica
    for (std::size_t r = 0; r < replicas; ++r) {
      const int replica = static_cast<int>(r), owner = run.sequences->owners > 1 ? replica : 0;
      options.components = components[r];
      options.window = windows[r];
      if (options.components > model.shape().units)
        throw usage_error({.what = "more components than a layer has units",
                           .expected = "init.components of 0 .. " + std::to_string(model.shape().units),
                           .found = std::to_string(options.components),
                           .hint = "--units " + std::to_string(options.components)});
      options.seed = run.seeds[r];
      const Variation variation{options.components, options.window, owner};
      Tensor<Real> own;
      if (!alike.contains(variation)) {
        Model<Real> one(model.backend(), model.shape(), 1);
        const Chance chance = fit_network(one, *run.sequences, owner, run.question, options, *run.journal);
        (chance == Chance::none ? alike[variation] : own) = std::move(one.parameters().block());
      }
      const Tensor<Real>& from = own ? own : alike[variation];
      const std::ptrdiff_t size = model.parameters().size();
      operations_of<Real>(model.backend())
          .copy(from.view(1, 1, size), {model.parameters().values().at(replica, 0), 1, 1, size, size, size});
    }
  }
};

const Registration<Initializer> registration("autoencoder", [] { return std::make_unique<Autoencoder>(); });

}  // namespace
}  // namespace hysteron
