#include <fmt/format.h>

#include <hysteron/infer.hpp>
#include <hysteron/io.hpp>
#include <hysteron/registry.hpp>

#include "command_line/command.hpp"
#include "command_line/network_files.hpp"
#include "command_line/options.hpp"
#include "command_line/output_file.hpp"
#include "runs/configuration.hpp"
#include "runs/machine.hpp"

namespace hysteron {
namespace {

class Infer final : public Command {
 public:
  std::string example() const override {
    return "hysteron infer --model m.safetensors --inputs X.npy --outputs Y.npy --states S.npy";
  }
  std::string description() const override {
    return "Run a network over sequences. Y [steps, batch, outputs] is the read-out at every step, or, of a network "
           "without one, the top layer's h; past a sequence's length, what its last state gives. S [batch, units] are "
           "the last states: layer by layer, the halves of a double layer and an LSTM's h and c side by side; with "
           "--at all those after every step, S [steps, batch, units]. Files of these names are replaced. Numbers are "
           "of "
           "the network's precision.";
  }

  void declare(CLI::App& app) override {
    options_.declare_machine(app);
    files_.declare(app);
    app.add_option("--h0", first_, "the initial states S0.npy, shaped as S; none: zeros");
    app.add_option("--outputs", outputs_, "where the outputs go, Y.npy")->required();
    app.add_option("--states", states_, "where the states go, S.npy");
    app.add_option("--at", at_, "which states: those of the last step, or of all")
        ->check(CLI::IsMember({"last", "all"}))
        ->capture_default_str();
    app.get_option("--model")->required();
    app.get_option("--inputs")->required();
  }

  int run(const std::vector<std::string>&) override {
    const Stopwatch watch;
    Settings settings = options_.settings();
    declare_machine(settings);
    if (outputs_ == states_)
      throw usage_error({.what = "--outputs and --states name the same file", .found = outputs_});
    for (const std::string& file : {outputs_, states_})
      if (!file.empty())
        expect_writable(file, Overwrite::allowed, {files_.model, files_.inputs, files_.lengths, first_});
    const StoredModel stored = read_model(files_.model, files_.cell);
    const Sequences sequences = read_sequences({.inputs = files_.inputs, .lengths = files_.lengths});
    expect_inputs(stored, sequences, files_.inputs);
    const std::unique_ptr<Backend> backend = backend_of(settings);
    Json result =
        with_precision(stored, [&](auto real) { return infer_as<decltype(real)>(stored, sequences, *backend); });
    result = complete_result(std::move(result), watch, backend->name(), stored.seed());
    fmt::print("{}  {}\n", outputs_, result["outputs_shape"].dump());
    if (!states_.empty()) fmt::print("{}  {}\n", states_, result["states_shape"].dump());
    if (options_.json()) fmt::print("{}\n", json_line(result));
    return 0;
  }

 private:
  template <class Real>
  Json infer_as(const StoredModel& stored, const Sequences& sequences, Backend& backend) const {
    Model<Real> model = network_of<Real>(backend, stored);
    const std::int64_t count = sequences.count, states = stored.shape.layers * model.parts() * model.state_width();
    const bool every_state = at_ == "all";
    const std::vector<Real> first = initial<Real>(count, states);
    const Inference<Real> inference =
        infer(model, sequences, {.initial = first, .states = every_state ? InferredStates::all : InferredStates::last});
    expect_finite<Real>(inference.outputs, "the outputs of the network");
    expect_finite<Real>(inference.states, "the states of the network");
    const std::vector<std::int64_t> outputs_shape{sequences.steps, count, inference.width};
    std::vector<std::int64_t> states_shape{count, states};
    if (every_state) states_shape.insert(states_shape.begin(), sequences.steps);
    if (!states_.empty()) write_npy(states_, make_array(states_shape, inference.states));
    write_npy(outputs_, make_array(outputs_shape, inference.outputs));
    return {{"outputs_shape", outputs_shape}, {"states_shape", states_shape}};
  }

  template <class Real>
  std::vector<Real> initial(std::int64_t count, std::int64_t states) const {
    if (first_.empty()) return {};
    const std::string name = "initial states " + first_;
    const Array array = read_array(first_);
    const std::vector<std::int64_t> shape{count, states};
    if (array.shape != shape)
      throw data_error({.what = name + " have the wrong shape",
                        .expected = fmt::format("{}: [batch, layers * state values of a layer]", shape_text(shape)),
                        .found = shape_text(array.shape),
                        .hint = "layer by layer, an LSTM's h and c side by side: what --states writes"});
    const std::vector<double> values = to_doubles(array, name);
    return {values.begin(), values.end()};
  }

  Options options_;
  NetworkFiles files_;
  std::string first_, outputs_, states_, at_ = "last";
};

const Registration<Command> registration("infer", [] { return std::make_unique<Infer>(); });

}  // namespace
}  // namespace hysteron
