#include <fmt/format.h>

#include <hysteron/infer.hpp>
#include <hysteron/io.hpp>
#include <hysteron/registry.hpp>

#include "command_line/computing_command.hpp"
#include "command_line/network_files.hpp"
#include "command_line/output_file.hpp"
#include "foundation/printable.hpp"

namespace hysteron {
namespace {

/// Shapes of the files that were written; no states: none were asked for.
struct InferredFiles {
  std::vector<std::int64_t> outputs_shape, states_shape;
};

class Infer final : public ComputingCommand<InferredFiles> {
 public:
  std::vector<std::string> words() const override { return {"infer"}; }
  std::string example() const override {
    return "hysteron infer --model m.safetensors --inputs X.npy --outputs Y.npy --states S.npy";
  }
  std::string summary() const override { return "run a network over sequences; write its outputs and states"; }
  std::string description() const override {
    return R"(Runs a network over sequences. Y [steps, batch, outputs] is the read-out at every step or, for a network
without one, the top layer's h; past a sequence's length, what its last state gives. S [batch, units] are the last
states: layer by layer, the halves of a double layer and an LSTM's h and c side by side; with --at all those after every
step, S [steps, batch, units]. --batch-first turns the first two axes of X, Y and of all states. Files of these names are replaced. Numbers have the network's precision.)";
  }

  void declare(Arguments& arguments) override {
    files_.declare(arguments);
    arguments.at("--model").required();
    arguments.at("--inputs").required();
    arguments.add("--h0", &first_, "the initial states S0.npy, shaped as S").value_name("FILE").otherwise("zeros");
    arguments.add("--outputs", &outputs_, "where the outputs go, Y.npy").value_name("FILE").required();
    arguments.add("--states", &states_, "where the states go, S.npy").value_name("FILE");
    arguments.add("--at", &at_, "which states: those of the last step, or of all")
        .choices({"last", "all"})
        .value_name("STEPS");
    options_.declare_machine(arguments);
  }

 private:
  InferredFiles compute(Settings& settings) override {
    if (outputs_ == states_)
      throw usage_error({.what = "--outputs and --states name the same file", .found = outputs_});
    std::vector<std::string> read_too = files_.names();
    read_too.push_back(first_);
    for (const std::string& file : {outputs_, states_}) expect_ending(file, ".npy");
    for (const std::string& file : {outputs_, states_})
      if (!file.empty()) expect_writable(file, Overwrite::allowed, read_too);
    const StoredModel stored = files_.read_network();
    const Sequences sequences = files_.sequences.read();
    expect_inputs(stored, sequences, files_.sequences.inputs);
    files_.say_taken(journal(), stored, sequences);
    seed_ = stored.seed();
    return with_precision(stored,
                          [&](auto real) { return infer_as<decltype(real)>(stored, sequences, backend(settings)); });
  }

  void print(const InferredFiles& files) const override {
    fmt::print("{}  {}\n", printable(outputs_), json_line(Json(files.outputs_shape)));
    if (!states_.empty()) fmt::print("{}  {}\n", printable(states_), json_line(Json(files.states_shape)));
  }

  Json json(const InferredFiles& files) const override {
    return {{"outputs_shape", files.outputs_shape}, {"states_shape", files.states_shape}};
  }

  template <class Real>
  InferredFiles infer_as(const StoredModel& stored, const Sequences& sequences, Backend& backend) const {
    Model<Real> model = network_of<Real>(backend, stored);
    const std::int64_t count = sequences.count, states = model.states_width();
    const bool every_state = at_ == "all";
    const std::vector<Real> first = initial<Real>(count, states);
    const Inference<Real> inference =
        infer(model, sequences, {.initial = first, .states = every_state ? InferredStates::all : InferredStates::last});
    expect_finite<Real>(inference.outputs, "the outputs of the network");
    expect_finite<Real>(inference.states, "the states of the network");
    const Array y = files_.sequences.laid_out(sequences, inference.width, inference.outputs),
                s = every_state ? files_.sequences.laid_out(sequences, states, inference.states)
                                : make_array({count, states}, inference.states);
    if (!states_.empty()) write_npy(states_, s);
    write_npy(outputs_, y);
    return {.outputs_shape = y.shape, .states_shape = s.shape};
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

  NetworkFiles files_;
  std::string first_, outputs_, states_, at_ = "last";
};

const Registration<Command> registration("infer", [] { return std::make_unique<Infer>(); });

}  // namespace
}  // namespace hysteron
