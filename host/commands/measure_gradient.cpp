#include <cmath>

#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/registry.hpp>

#include "command_line/computing_command.hpp"
#include "command_line/network_files.hpp"
#include "command_line/output_file.hpp"
#include "memory/gradient_flow.hpp"
#include "runs/every_key.hpp"

namespace hysteron {
namespace {

struct MeasuredGradient {
  double loss = 0, norm = 0;
  std::vector<std::vector<double>> state_norms;  ///< [layers][steps]
  std::vector<double> seconds;                   ///< of each repetition
};

class MeasureGradient final : public ComputingCommand<MeasuredGradient> {
 public:
  std::vector<std::string> words() const override { return {"measure", "gradient"}; }
  std::string example() const override {
    return "hysteron measure gradient --model m.safetensors --inputs X.npy --targets Y.npy --loss mse --at last \\\n"
           "    --out G.safetensors";
  }
  std::string summary() const override { return "the loss of a network over sequences, and its gradient"; }
  std::string description() const override {
    return R"(The loss of a network over sequences, all in one batch, and its gradient. G holds the gradients under the
names of the parameters, and state_grad_norm [layers, steps]: the norm, over the batch and the layer's units (an LSTM's
h and c), of dloss/dstate after each step. The loss is the mean over the batch, and over the steps and outputs that
count; steps past a sequence's length do not. binary_cross_entropy is the sum over the outputs of a step, where
PyTorch's BCEWithLogitsLoss is their mean.)";
  }

  void declare(Arguments& arguments) override {
    files_.declare(arguments);
    arguments.at("--model").required();
    arguments.at("--inputs").required();
    arguments.add("--targets", &targets_, "Y.npy: classes [batch] for cross_entropy, else [steps or 1, batch, outputs]")
        .value_name("FILE")
        .required();
    arguments.add("--loss", &loss_, key_named("task.loss").description)
        .choices(key_named("task.loss").limits.choices)
        .value_name("NAME");
    arguments.add("--at", &at_, "the steps that count; auto: all where the targets have every step")
        .choices(key_named("task.at").limits.choices)
        .value_name("STEPS");
    arguments.add("--out", &out_, "where the gradients go, G.safetensors; a file of that name is replaced")
        .value_name("FILE");
    arguments.add("--repeat", &repeat_, "time forward and backward that many times, after one more to warm up")
        .range(0, 1'000'000);
    options_.declare_machine(arguments);
  }

 private:
  MeasuredGradient compute(Settings& settings) override {
    SequenceFiles files{.inputs = files_.sequences.inputs,
                        .lengths = files_.sequences.lengths,
                        .targets = targets_,
                        .loss = loss_named(loss_),
                        .answers = answers_named(at_),
                        .axes = files_.sequences.axes()};
    std::vector<std::string> read_too = files_.names();
    read_too.push_back(targets_);
    if (!out_.empty()) expect_ending(out_, ".safetensors");
    if (!out_.empty()) expect_writable(out_, Overwrite::allowed, read_too);
    const StoredModel stored = files_.read_network();
    if (stored.shape.outputs == 0)
      throw data_error({.what = "the network " + files_.model + " has no read-out, and so no loss",
                        .expected = "readout.weight [outputs, units] and readout.bias [outputs]",
                        .found = "recurrent layers only",
                        .hint = "hysteron prepare --outputs N makes a network with one"});
    if (files.loss == LossKind::cross_entropy) files.classes = stored.shape.outputs;
    const Sequences sequences = read_sequences(files);
    expect_inputs(stored, sequences, files_.sequences.inputs);
    if (sequences.outputs != stored.shape.outputs)
      throw data_error({.what = "the targets " + targets_ + " do not fit the network",
                        .expected = fmt::format("{} outputs, as its read-out has", stored.shape.outputs),
                        .found = std::to_string(sequences.outputs)});
    files_.say_taken(journal(), stored, sequences);
    seed_ = stored.seed();
    return with_precision(
        stored, [&](auto real) { return measure<decltype(real)>(stored, sequences, files.loss, backend(settings)); });
  }

  template <class Real>
  MeasuredGradient measure(const StoredModel& stored, const Sequences& sequences, LossKind loss,
                           Backend& backend) const {
    Model<Real> model = network_of<Real>(backend, stored);
    GradientFlow<Real> flow(model, sequences, loss);
    MeasuredGradient measured;
    if (repeat_ > 0) flow.run();
    for (int i = 0; i < repeat_; ++i) {
      const Stopwatch watch;
      flow.run();
      measured.seconds.push_back(watch.seconds());
    }
    measured.loss = flow.run(measured.state_norms);
    expect_finite<double>(std::span(&measured.loss, 1), "the loss");
    const std::vector<Real> gradient = model.parameters().gradient_block().to_host();
    expect_finite<Real>(gradient, "the gradient");
    double square = 0;
    for (const Real each : gradient) square += static_cast<double>(each) * static_cast<double>(each);
    measured.norm = std::sqrt(square);
    if (!out_.empty()) write_safetensors(out_, gradient_file<Real>(stored, model, gradient, measured.state_norms));
    return measured;
  }

  template <class Real>
  static Safetensors gradient_file(const StoredModel& stored, Model<Real>& model, const std::vector<Real>& gradient,
                                   const std::vector<std::vector<double>>& norms) {
    Safetensors file;
    const std::vector<ParameterSlice>& slices = model.parameters().slices();
    for (std::size_t s = 0; s < slices.size(); ++s)
      file.tensors.push_back({stored.names[s], make_array({slices[s].shape.begin(), slices[s].shape.end()},
                                                          std::span<const Real>(gradient).subspan(
                                                              static_cast<std::size_t>(slices[s].offset),
                                                              static_cast<std::size_t>(slices[s].size())))});
    std::vector<Real> all;
    for (const std::vector<double>& layer : norms)
      for (const double norm : layer) all.push_back(static_cast<Real>(norm));
    file.tensors.push_back({"state_grad_norm", make_array({std::int64_t(norms.size()), std::int64_t(norms[0].size())},
                                                          std::span<const Real>(all))});
    return file;
  }

  // Prints the norms at only a few steps, from the first to the last.
  void print(const MeasuredGradient& measured) const override {
    fmt::print("loss           {:.6g}\ngradient norm  {:.6g}\n", measured.loss, measured.norm);
    const std::vector<std::vector<double>>& norms = measured.state_norms;
    const std::size_t steps = norms[0].size(), shown = std::min<std::size_t>(steps, 6);
    fmt::print("{:<14}", "|dloss/dstate|");
    const auto step = [&](std::size_t i) { return shown == 1 ? 0 : i * (steps - 1) / (shown - 1); };
    for (std::size_t i = 0; i < shown; ++i) fmt::print("  {:>10}", fmt::format("step {}", step(i)));
    for (std::size_t layer = 0; layer < norms.size(); ++layer) {
      fmt::print("\n{:<14}", fmt::format("layer {}", layer));
      for (std::size_t i = 0; i < shown; ++i) fmt::print("  {:>10.3e}", norms[layer][step(i)]);
    }
    fmt::print("\n");
    if (!measured.seconds.empty()) fmt::print("seconds each   {:.4f}\n", fmt::join(measured.seconds, " "));
  }

  Json json(const MeasuredGradient& measured) const override {
    Json result{{"loss", measured.loss}, {"grad_norm", measured.norm}, {"state_grad_norm", measured.state_norms}};
    if (!measured.seconds.empty()) result["seconds_each"] = measured.seconds;
    return result;
  }

  NetworkFiles files_;
  std::string targets_, loss_ = "mse", at_ = "auto", out_;
  int repeat_ = 0;
};

const Registration<Command> registration("measure_gradient", [] { return std::make_unique<MeasureGradient>(); });

}  // namespace
}  // namespace hysteron
