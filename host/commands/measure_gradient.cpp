#include <cmath>

#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/registry.hpp>

#include "command_line/command.hpp"
#include "command_line/network_files.hpp"
#include "command_line/options.hpp"
#include "command_line/output_file.hpp"
#include "memory/gradient_flow.hpp"
#include "runs/configuration.hpp"
#include "runs/machine.hpp"

namespace hysteron {
namespace {

class MeasureGradient final : public Command {
 public:
  std::string example() const override {
    return "hysteron measure gradient --model m.safetensors --inputs X.npy --targets Y.npy --loss mse --at last \\\n"
           "    --out G.safetensors";
  }
  std::string description() const override {
    return "The loss of a network over sequences, all in one batch, and its gradient. G holds the gradients under the "
           "names "
           "of the parameters, and state_grad_norm [layers, steps]: the norm, over the batch and the layer's units (an "
           "LSTM's h and c), of dloss/dstate after each step. The loss is the mean over the batch, and over the steps "
           "and "
           "outputs that count; steps past a sequence's length do not.";
  }

  void declare(CLI::App& app) override {
    options_.declare_machine(app);
    files_.declare(app);
    app.add_option("--targets", targets_, "Y.npy: classes [batch] for cross_entropy, else [steps or 1, batch, outputs]")
        ->required();
    app.add_option("--loss", loss_, "mse | cross_entropy | binary_cross_entropy");
    app.add_option("--at", at_, "last | all | auto: the steps that count; auto: all where the targets have every step");
    app.add_option("--out", out_, "where the gradients go, G.safetensors; a file of that name is replaced");
    app.add_option("--repeat", repeat_, "time forward and backward that many times, after one more to warm up")
        ->check(CLI::Range(0, 1'000'000));
    app.get_option("--model")->required();
    app.get_option("--inputs")->required();
  }

  int run(const std::vector<std::string>&) override {
    const Stopwatch watch;
    Settings settings = options_.settings();
    declare_machine(settings);
    SequenceFiles files{.inputs = files_.inputs,
                        .lengths = files_.lengths,
                        .targets = targets_,
                        .loss = loss_named(loss_),
                        .answers = answers_named(at_)};
    if (!out_.empty())
      expect_writable(out_, Overwrite::allowed, {files_.model, files_.inputs, files_.lengths, targets_});
    const StoredModel stored = read_model(files_.model, files_.cell);
    if (stored.shape.outputs == 0)
      throw data_error({.what = "the network " + files_.model + " has no read-out, and so no loss",
                        .expected = "readout.weight [outputs, units] and readout.bias [outputs]",
                        .found = "recurrent layers only",
                        .hint = "hysteron prepare --outputs N makes a network with one"});
    if (files.loss == LossKind::cross_entropy) files.classes = stored.shape.outputs;
    const Sequences sequences = read_sequences(files);
    expect_inputs(stored, sequences, files_.inputs);
    if (sequences.outputs != stored.shape.outputs)
      throw data_error({.what = "the targets " + targets_ + " do not fit the network",
                        .expected = fmt::format("{} outputs, as its read-out has", stored.shape.outputs),
                        .found = std::to_string(sequences.outputs)});
    const std::unique_ptr<Backend> backend = backend_of(settings);
    Json result = with_precision(
        stored, [&](auto real) { return measure<decltype(real)>(stored, sequences, files.loss, *backend); });
    result = complete_result(std::move(result), watch, backend->name(), stored.seed());
    print(result);
    return 0;
  }

 private:
  template <class Real>
  Json measure(const StoredModel& stored, const Sequences& sequences, LossKind loss, Backend& backend) const {
    Model<Real> model = network_of<Real>(backend, stored);
    GradientFlow<Real> flow(model, sequences, loss);
    std::vector<double> seconds;
    if (repeat_ > 0) flow.run();
    for (int i = 0; i < repeat_; ++i) {
      const Stopwatch watch;
      flow.run();
      seconds.push_back(watch.seconds());
    }
    std::vector<std::vector<double>> norms;
    const double value = flow.run(norms);
    expect_finite<double>(std::span(&value, 1), "the loss");
    const std::vector<Real> gradient = model.parameters().gradient_block().to_host();
    expect_finite<Real>(gradient, "the gradient");
    double square = 0;
    for (const Real each : gradient) square += static_cast<double>(each) * static_cast<double>(each);
    if (!out_.empty()) write_safetensors(out_, gradient_file<Real>(stored, model, gradient, norms));
    Json result{{"loss", value}, {"grad_norm", std::sqrt(square)}, {"state_grad_norm", norms}};
    if (repeat_ > 0) result["seconds_each"] = seconds;
    return result;
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

  // Of the norms, a few steps from the first to the last.
  void print(const Json& result) const {
    fmt::print("loss           {:.6g}\ngradient norm  {:.6g}\n", result["loss"].get<double>(),
               result["grad_norm"].get<double>());
    const Json& norms = result["state_grad_norm"];
    const std::size_t steps = norms[0].size(), shown = std::min<std::size_t>(steps, 6);
    fmt::print("{:<14}", "|dloss/dstate|");
    const auto step = [&](std::size_t i) { return shown == 1 ? 0 : i * (steps - 1) / (shown - 1); };
    for (std::size_t i = 0; i < shown; ++i) fmt::print("  {:>10}", fmt::format("step {}", step(i)));
    for (std::size_t layer = 0; layer < norms.size(); ++layer) {
      fmt::print("\n{:<14}", fmt::format("layer {}", layer));
      for (std::size_t i = 0; i < shown; ++i) fmt::print("  {:>10.3e}", norms[layer][step(i)].get<double>());
    }
    fmt::print("\n");
    if (repeat_ > 0) {
      fmt::print("seconds each  ");
      for (const Json& seconds : result["seconds_each"]) fmt::print(" {:.4f}", seconds.get<double>());
      fmt::print("\n");
    }
    if (options_.json()) fmt::print("{}\n", json_line(result));
  }

  Options options_;
  NetworkFiles files_;
  std::string targets_, loss_ = "mse", at_ = "auto", out_;
  int repeat_ = 0;
};

const Registration<Command> registration("measure_gradient", [] { return std::make_unique<MeasureGradient>(); });

}  // namespace
}  // namespace hysteron
