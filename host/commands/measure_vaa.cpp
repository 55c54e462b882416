#include <cmath>

#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/multistability.hpp>
#include <hysteron/registry.hpp>

#include "command_line/computing_command.hpp"
#include "command_line/network_files.hpp"
#include "files/array.hpp"

namespace hysteron {
namespace {

struct MeasuredAttractors {
  double vaa = 0, vaa_star = 0;
  double attractors = 0;  ///< for a network: the mean of the draws
  std::int64_t n = 0;
  std::optional<double> settled = {};  ///< the share of the sequences; of a matrix of states nobody knows
  bool has_settled() const { return !settled || *settled >= 1; }
};

class MeasureVaa final : public ComputingCommand<MeasuredAttractors> {
 public:
  std::vector<std::string> words() const override { return {"measure", "vaa"}; }
  std::string example() const override {
    return R"(hysteron measure vaa --model m.safetensors --inputs X.npy --steps 10000 --draws 10
hysteron measure vaa --states S.npy)";
  }
  std::string summary() const override { return "how many attractors a network reaches"; }
  std::string description() const override {
    return R"(How many attractors a network reaches (Lambrechts et al. 2023): VAA is their number over n, from 1/n to 1.
For a network: n sequences run up to random lengths (with --lengths, to their ends), then each layer alone under a
constant input; the mean of several draws. States that still move then, slowly or in a cycle, are no attractors: their
share is told instead of a count. Or for a matrix of states [n, units].)";
  }

  void declare(Arguments& arguments) override {
    files_.declare(arguments);
    arguments.add("--states", &states_, "a matrix of states S.npy [n, units] instead of a network").value_name("FILE");
    arguments.add("--epsilon", &measure_.epsilon, "states nearer than this are one attractor");
    arguments.add("--steps", &measure_.steps, "steps under the constant input").range(1, 1'000'000'000);
    arguments.add("--draws", &measure_.draws, "draws over which the result is averaged").range(1, 1'000'000);
    arguments.add("--sequences", &measure_.sequences, "n, the sequences of a draw").range(1, 65536);
    static const KeyFlag seed[] = {seed_flag()};
    options_.declare_machine(arguments, seed);
  }

 private:
  MeasuredAttractors compute(Settings& settings) override {
    const bool sequences = !files_.sequences.inputs.empty();
    if (states_.empty() == files_.model.empty() || files_.model.empty() == sequences)
      throw usage_error({.what = "measure vaa takes a network and its inputs, or a matrix of states",
                         .expected = "--model M.safetensors --inputs X.npy, or --states S.npy",
                         .found = states_.empty() ? (files_.model.empty() ? "no --model" : "no --inputs") : "both"});
    if (!(measure_.epsilon > 0) || !std::isfinite(measure_.epsilon))
      throw usage_error({.what = "--epsilon is a distance",
                         .expected = "a number above 0",
                         .found = fmt::format("{}", measure_.epsilon)});
    if (!states_.empty()) return of_states(backend(settings));
    seed_ = static_cast<std::uint64_t>(settings.integer("seed"));
    measure_.settling = Settling::told;
    return of_network(backend(settings), *seed_);
  }

  void print(const MeasuredAttractors& measured) const override {
    fmt::print("VAA        {:.4f}\nVAA*       {:.4f}\n", measured.vaa, measured.vaa_star);
    if (measured.has_settled())
      fmt::print("attractors {:.4g} of n = {} (epsilon {:g})\n", measured.attractors, measured.n, measure_.epsilon);
    else
      fmt::print(
          "attractors not counted: {:.0f} % of the states still move after {} steps, slowly or in a cycle (n = {}, "
          "epsilon {:g})\n",
          100 * (1 - *measured.settled), measure_.steps, measured.n, measure_.epsilon);
  }

  Json json(const MeasuredAttractors& measured) const override {
    const Json count = !measured.has_settled() ? Json()
                       : states_.empty()       ? Json(measured.attractors)
                                               : Json(std::llround(measured.attractors));
    return {{"vaa", measured.vaa}, {"vaa_star", measured.vaa_star},
            {"attractors", count}, {"settled", measured.settled ? Json(*measured.settled) : Json()},
            {"n", measured.n},     {"epsilon", measure_.epsilon}};
  }

  MeasuredAttractors of_network(Backend& device, std::uint64_t seed) {
    const StoredModel stored = files_.read_network();
    const Sequences sequences = files_.sequences.read();
    expect_inputs(stored, sequences, files_.sequences.inputs);
    files_.say_taken(journal(), stored, sequences);
    const Multistability measured = with_precision(stored, [&](auto real) {
      Model<decltype(real)> model = network_of<decltype(real)>(device, stored);
      return measure_multistability(model, sequences, std::span(&seed, 1), measure_);
    });
    expect_finite<double>(measured.vaa_star, "the states under the constant input");
    const int n = std::min(measure_.sequences, sequences.count);
    return {.vaa = measured.vaa[0],
            .vaa_star = measured.vaa_star[0],
            .attractors = measured.vaa[0] * n,
            .n = n,
            .settled = measured.settled[0]};
  }

  MeasuredAttractors of_states(Backend& device) const {
    const std::string name = "states " + states_;
    const Array array = read_array(states_);
    expect_dimensions(array, name, {"n", "units"});
    const std::vector<double> values = to_doubles(array, name);
    if (values.empty())
      throw data_error({.what = name + " is empty",
                        .expected = "one or more states of one or more units",
                        .found = shape_text(array.shape)});
    const std::ptrdiff_t n = array.shape[0], units = array.shape[1];
    Tensor<double> states(device, {n, units}), value(device, {1});
    states.from_host(values);
    Operations<double>& operations = operations_of<double>(device);
    operations.attractors(states.view(1, n, units), measure_.epsilon, value.data());
    const double vaa = value.to_host()[0];
    operations.variability(
        {.states = states.view(1, n, units), .epsilon = measure_.epsilon, .value = value.data(), .gradient = {}});
    return {.vaa = vaa, .vaa_star = value.to_host()[0], .attractors = std::round(vaa * static_cast<double>(n)), .n = n};
  }

  NetworkFiles files_;
  std::string states_;
  MeasureOptions measure_;
};

const Registration<Command> registration("measure_vaa", [] { return std::make_unique<MeasureVaa>(); });

}  // namespace
}  // namespace hysteron
