#include <cmath>

#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/multistability.hpp>
#include <hysteron/registry.hpp>

#include "command_line/command.hpp"
#include "command_line/network_files.hpp"
#include "command_line/options.hpp"
#include "files/array.hpp"
#include "runs/configuration.hpp"
#include "runs/machine.hpp"

namespace hysteron {
namespace {

class MeasureVaa final : public Command {
 public:
  std::string example() const override {
    return "hysteron measure vaa --model m.safetensors --inputs X.npy --steps 10000 --draws 10\n"
           "  hysteron measure vaa --states S.npy";
  }
  std::string description() const override {
    return "How many attractors a network reaches (Lambrechts et al. 2023): VAA is their number over n, from 1/n to 1. "
           "Of a "
           "network: n sequences up to random lengths (those with --lengths: to their ends), then each layer alone "
           "under a "
           "constant input, the mean of several draws. Or of a matrix of states [n, units].";
  }

  void declare(CLI::App& app) override {
    static const KeyFlag seed[] = {seed_flag()};
    options_.declare_machine(app, seed);
    files_.declare(app);
    app.add_option("--states", states_, "a matrix of states S.npy [n, units] instead of a network");
    app.add_option("--epsilon", measure_.epsilon, "states nearer than this are one attractor");
    app.add_option("--steps", measure_.steps, "under the constant input")->check(CLI::Range(1, 1'000'000'000));
    app.add_option("--draws", measure_.draws, "that the result is the mean of")->check(CLI::Range(1, 1'000'000));
    app.add_option("--sequences", measure_.sequences, "n, of a draw")->check(CLI::Range(1, 65536));
  }

  int run(const std::vector<std::string>&) override {
    const Stopwatch watch;
    Settings settings = options_.settings();
    declare_machine(settings);
    if (states_.empty() == files_.model.empty() || files_.model.empty() != files_.inputs.empty())
      throw usage_error({.what = "measure vaa takes a network and its inputs, or a matrix of states",
                         .expected = "--model M.safetensors --inputs X.npy, or --states S.npy",
                         .found = states_.empty() ? (files_.model.empty() ? "no --model" : "no --inputs") : "both"});
    if (!(measure_.epsilon > 0) || !std::isfinite(measure_.epsilon))
      throw usage_error({.what = "--epsilon is a distance",
                         .expected = "a number above 0",
                         .found = fmt::format("{}", measure_.epsilon)});
    const std::unique_ptr<Backend> backend = backend_of(settings);
    const Json result = states_.empty() ? of_network(*backend, static_cast<std::uint64_t>(settings.integer("seed")))
                                        : of_states(*backend);
    const Json seed = states_.empty() ? Json(settings.integer("seed")) : Json(nullptr);
    const Json complete = complete_result(result, watch, backend->name(), seed);
    fmt::print("VAA        {:.4f}\nVAA*       {:.4f}\nattractors {:.4g} of n = {} (epsilon {:g})\n",
               complete["vaa"].get<double>(), complete["vaa_star"].get<double>(), complete["attractors"].get<double>(),
               complete["n"].get<int>(), measure_.epsilon);
    if (options_.json()) fmt::print("{}\n", json_line(complete));
    return 0;
  }

 private:
  Json of_network(Backend& backend, std::uint64_t seed) const {
    const StoredModel stored = read_model(files_.model, files_.cell);
    const Sequences sequences = read_sequences({.inputs = files_.inputs, .lengths = files_.lengths});
    expect_inputs(stored, sequences, files_.inputs);
    const Multistability measured = with_precision(stored, [&](auto real) {
      Model<decltype(real)> model = network_of<decltype(real)>(backend, stored);
      return measure_multistability(model, sequences, std::span(&seed, 1), measure_);
    });
    expect_finite<double>(measured.vaa_star, "the states under the constant input");
    const int n = std::min(measure_.sequences, sequences.count);
    return {{"vaa", measured.vaa[0]},
            {"vaa_star", measured.vaa_star[0]},
            {"attractors", measured.vaa[0] * n},  // the mean of the draws
            {"n", n},
            {"epsilon", measure_.epsilon}};
  }

  Json of_states(Backend& backend) const {
    const std::string name = "states " + states_;
    const Array array = read_array(states_);
    expect_dimensions(array, name, {"n", "units"});
    const std::vector<double> values = to_doubles(array, name);
    if (values.empty())
      throw data_error({.what = name + " is empty",
                        .expected = "one or more states of one or more units",
                        .found = shape_text(array.shape)});
    const std::ptrdiff_t n = array.shape[0], units = array.shape[1];
    Tensor<double> states(backend, {n, units}), value(backend, {1});
    states.from_host(values);
    Operations<double>& operations = operations_of<double>(backend);
    operations.attractors(states.view(1, n, units), measure_.epsilon, value.data());
    const double vaa = value.to_host()[0];
    operations.variability(
        {.states = states.view(1, n, units), .epsilon = measure_.epsilon, .value = value.data(), .gradient = {}});
    return {{"vaa", vaa},
            {"vaa_star", value.to_host()[0]},
            {"attractors", std::llround(vaa * static_cast<double>(n))},
            {"n", n},
            {"epsilon", measure_.epsilon}};
  }

  Options options_;
  NetworkFiles files_;
  std::string states_;
  MeasureOptions measure_;
};

const Registration<Command> registration("measure_vaa", [] { return std::make_unique<MeasureVaa>(); });

}  // namespace
}  // namespace hysteron
