#include <cmath>

#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/memory_capacity.hpp>
#include <hysteron/random.hpp>
#include <hysteron/registry.hpp>

#include "command_line/command.hpp"
#include "command_line/network_files.hpp"
#include "command_line/options.hpp"
#include "command_line/task_sequences.hpp"
#include "runs/configuration.hpp"
#include "runs/machine.hpp"

namespace hysteron {
namespace {

class MeasureMemory final : public Command {
 public:
  std::string example() const override {
    return "hysteron measure memory --model m.safetensors --data mnist --variant permuted --limit 5000\n"
           "  hysteron measure memory --laes laes.safetensors --inputs X.npy --noise 0.01\n"
           "  hysteron measure memory --model m.safetensors --steps 1000 --lags 200";
  }
  std::string description() const override {
    return "What the best linear decoders (ridge regression, found on the first sequences, tested on the last) read of "
           "past "
           "inputs from the states of a network, all layers together, or of a linear autoencoder. error_by_lag is the "
           "mean "
           "squared error of the input j steps ago, variance_by_lag that of always answering the mean; capacity the "
           "sum "
           "over "
           "lags and features of 1 - error/variance (Jaeger 2001, Dambre et al. 2012); restitution the share of the "
           "squares "
           "of whole sequences that comes back. Of sequences given, each sequence's last state is asked; without, the "
           "inputs "
           "are drawn from N(0, 1), and every state is. --noise adds noise to every state, before the next step.";
  }

  void declare(CLI::App& app) override {
    static const KeyFlag flags[] = {{"--folder", "task.data", "where the data set lies; none: $HYSTERON_DATA"}};
    options_.declare_settings(app, flags);
    files_.declare(app);
    task_.declare(app);
    app.add_option("--laes", laes_, "a linear autoencoder instead of a network: what laes fit wrote");
    app.add_option("--lags", measure_.lags,
                   "inputs to decode, the latest first; 0: all, of drawn inputs half the steps")
        ->check(CLI::Range(0, 1'000'000));
    app.add_option("--at", at_, "last | all: the states that are asked; of all, those after as many steps as lags");
    app.add_option("--noise", measure_.noise, "in units of the standard deviation of the states without");
    app.add_option("--ridge", measure_.ridge,
                   "of the decoders, in units of the states' variance; none: the best for each lag");
    app.add_option("--test-share", measure_.test_share, "the last of the sequences, which test the decoders")
        ->capture_default_str();
    app.add_option("--steps", steps_, "of inputs that are drawn")
        ->capture_default_str()
        ->check(CLI::Range(1, 100'000'000));
    app.add_option("--sequences", drawn_, "of inputs that are drawn")
        ->capture_default_str()
        ->check(CLI::Range(2, 1'000'000));
    for (const char* const drawn : {"--steps", "--sequences"})
      for (const char* const given : {"--inputs", "--data"}) app.get_option(drawn)->excludes(given);
    app.get_option("--inputs")->excludes("--data");
    app.get_option("--cell")->needs("--model");
  }

  int run(const std::vector<std::string>&) override {
    const Stopwatch watch;
    Settings settings = options_.settings();
    declare_machine(settings);
    if (files_.model.empty() == laes_.empty())
      throw usage_error({.what = "measure memory takes a network or a linear autoencoder",
                         .expected = "--model M.safetensors or --laes L.safetensors",
                         .found = laes_.empty() ? "neither" : "both"});
    const std::unique_ptr<Backend> backend = backend_of(settings);
    measure_.seed = static_cast<std::uint64_t>(settings.integer("seed"));
    Json result = laes_.empty() ? of_network(*backend, settings) : of_autoencoder(*backend, settings);
    result = complete_result(std::move(result), watch, backend->name(), settings.integer("seed"));
    print(result);
    return 0;
  }

 private:
  bool draws() const { return files_.inputs.empty() && task_.data.empty(); }

  // As given, or drawn; and from when on states are asked.
  Sequences sequences_of(int features, Settings& settings) {
    const Answers at = answers_named(at_);
    measure_.asked =
        at == Answers::all || (at == Answers::automatic && draws()) ? AskedAfter::every_step : AskedAfter::last_step;
    if (!task_.data.empty()) return task_.read(settings);
    settings.finish();
    if (!draws()) return task_.first(read_sequences({.inputs = files_.inputs, .lengths = files_.lengths}));
    if (measure_.lags == 0) measure_.lags = std::max(1, steps_ / 2);
    Sequences sequences;
    sequences.count = drawn_, sequences.steps = steps_, sequences.features = features;
    for (int n = 0; n < drawn_; ++n) {
      Random random(measure_.seed, Stream::memory_input, static_cast<std::uint64_t>(n));
      for (int i = 0; i < steps_ * features; ++i) sequences.inputs.push_back(static_cast<float>(random.normal()));
    }
    return task_.first(std::move(sequences));
  }

  Json of_network(Backend& backend, Settings& settings) {
    const StoredModel stored = read_model(files_.model, files_.cell);
    const Sequences sequences = sequences_of(stored.shape.inputs, settings);
    expect_inputs(stored, sequences, task_.data.empty() ? files_.inputs : task_.data);
    return with_precision(stored, [&](auto real) {
      Model<decltype(real)> model = network_of<decltype(real)>(backend, stored);
      return measured(backend, *network_states(model, sequences), sequences);
    });
  }

  // What the autoencoder's own decoder makes of the sequences is told too.
  Json of_autoencoder(Backend& backend, Settings& settings) {
    const LinearAutoencoder autoencoder = read_autoencoder(laes_);
    const Sequences sequences = sequences_of(autoencoder.features, settings);
    Json result = measured(backend, *autoencoder_states(backend, autoencoder, sequences), sequences);
    const LagErrors own = error_by_lag(backend, autoencoder, sequences);
    result["own_error_by_lag"] = own.error;
    result["own_variance_by_lag"] = own.variance;
    return result;
  }

  Json measured(Backend& backend, StateSource& source, const Sequences& sequences) const {
    const MemoryCapacity memory = measure_memory(backend, source, sequences, measure_).front();
    return {{"error_by_lag", memory.error},
            {"variance_by_lag", memory.variance},
            {"capacity_by_lag", memory.capacities},
            {"count_by_lag", memory.count},
            {"capacity", memory.capacity},
            {"restitution", memory.restitution},
            {"width", source.width()},
            {"lags", memory.error.size()},
            {"at", measure_.asked == AskedAfter::last_step ? "last" : "all"},
            {"noise", measure_.noise},
            {"ridge", measure_.ridge ? Json(*measure_.ridge) : Json()}};
  }

  void print(const Json& result) const {
    fmt::print("capacity     {:.3f}, of independent inputs at most {}\nrestitution  {:.4f} of {} lags\n",
               result["capacity"].get<double>(), result["width"].get<int>(), result["restitution"].get<double>(),
               result["lags"].get<int>());
    fmt::print("{:>6}  {:>12}  {:>12}  {:>10}\n", "lag", "error", "variance", "capacity");
    for (std::size_t lag = 0; lag < result["error_by_lag"].size(); lag = lag == 0 ? 1 : 2 * lag)
      fmt::print("{:>6}  {:>12.4e}  {:>12.4e}  {:>10.4f}\n", lag, result["error_by_lag"][lag].get<double>(),
                 result["variance_by_lag"][lag].get<double>(), result["capacity_by_lag"][lag].get<double>());
    if (options_.json()) fmt::print("{}\n", json_line(result));
  }

  Options options_;
  NetworkFiles files_;
  TaskSequences task_;
  MemoryOptions measure_;
  std::string laes_, at_ = "auto";
  int steps_ = 1000, drawn_ = 20;
};

const Registration<Command> registration("measure_memory", [] { return std::make_unique<MeasureMemory>(); });

}  // namespace
}  // namespace hysteron
