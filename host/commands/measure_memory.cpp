#include <cmath>

#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/memory_capacity.hpp>
#include <hysteron/random.hpp>
#include <hysteron/registry.hpp>

#include "command_line/computing_command.hpp"
#include "command_line/network_files.hpp"
#include "command_line/task_sequences.hpp"
#include "runs/every_key.hpp"

namespace hysteron {
namespace {

struct MeasuredMemory {
  MemoryCapacity memory;
  int width = 0;                 ///< values of a state
  std::optional<LagErrors> own;  ///< what the autoencoder's own decoder makes of the sequences
};

class MeasureMemory final : public ComputingCommand<MeasuredMemory> {
 public:
  std::vector<std::string> words() const override { return {"measure", "memory"}; }
  std::string example() const override {
    return R"(hysteron measure memory --model m.safetensors --data mnist --variant permuted --limit 5000
hysteron measure memory --laes laes.safetensors --inputs X.npy --noise 0.01
hysteron measure memory --model m.safetensors --steps 1000 --lags 200)";
  }
  std::string summary() const override { return "what can be read of past inputs from a network's states"; }
  std::string description() const override {
    return R"(What the best linear decoders (ridge regression, found on the first sequences, tested on the last) read of
past inputs from the states of a network, all layers together, or of a linear autoencoder. error_by_lag is the mean
squared error of the input j steps ago, variance_by_lag that of always answering with the mean; capacity the sum over
lags and features of 1 - error/variance (Jaeger 2001, Dambre et al. 2012); restitution the share of the squares of whole
sequences that comes back. From given sequences, each sequence's last state is decoded; without them, the inputs are
drawn from N(0, 1), and every state is. --noise adds noise to every state, before the next step.)";
  }

  void declare(Arguments& arguments) override {
    files_.declare(arguments);
    task_.declare(arguments);
    arguments.at("--inputs").excludes({"--data"});
    arguments.at("--cell").needs("--model");
    arguments.add("--laes", &laes_, "a linear autoencoder instead of a network: what laes fit wrote")
        .value_name("FILE");
    arguments.add("--lags", &measure_.lags, "inputs to decode, the latest first")
        .range(0, 1'000'000)
        .otherwise("all; for drawn inputs, half the steps");
    arguments.add("--at", &at_, "the states that are decoded; with all, those after as many steps as lags")
        .choices(key_named("task.at").limits.choices)
        .value_name("STEPS");
    arguments.add("--noise", &measure_.noise, "noise on the states, in units of their standard deviation without it");
    arguments.add("--ridge", &measure_.ridge, "ridge of the decoders, in units of the states' variance")
        .otherwise("the best for each lag");
    arguments.add("--test-share", &measure_.test_share,
                  "share of the sequences, the last ones, that test the decoders");
    arguments.add("--steps", &steps_, "steps of drawn inputs").range(1, 100'000'000).excludes({"--inputs", "--data"});
    arguments.add("--sequences", &drawn_, "sequences of drawn inputs")
        .range(2, 1'000'000)
        .excludes({"--inputs", "--data"});
    static const KeyFlag flags[] = {{"--folder", "task.data"}};
    options_.declare_settings(arguments, flags);
  }

 private:
  MeasuredMemory compute(Settings& settings) override {
    if (files_.model.empty() == laes_.empty())
      throw usage_error({.what = "measure memory takes a network or a linear autoencoder",
                         .expected = "--model M.safetensors or --laes L.safetensors",
                         .found = laes_.empty() ? "neither" : "both"});
    seed_ = measure_.seed = static_cast<std::uint64_t>(settings.integer("seed"));
    return laes_.empty() ? of_network(backend(settings), settings) : of_autoencoder(backend(settings), settings);
  }

  bool draws() const { return files_.sequences.inputs.empty() && task_.data.empty(); }

  // The sequences, given or drawn. Also sets the steps after which states are decoded.
  Sequences sequences_of(int features, Settings& settings) {
    const Answers at = answers_named(at_);
    measure_.asked =
        at == Answers::all || (at == Answers::automatic && draws()) ? AskedAfter::every_step : AskedAfter::last_step;
    if (!task_.data.empty()) return task_.read(settings, journal());
    settings.finish();
    if (!draws()) return task_.first(files_.sequences.read());
    if (measure_.lags == 0) measure_.lags = std::max(1, steps_ / 2);
    Sequences sequences;
    sequences.count = drawn_, sequences.steps = steps_, sequences.features = features;
    for (int n = 0; n < drawn_; ++n) {
      Random random(measure_.seed, Stream::memory_input, static_cast<std::uint64_t>(n));
      for (int i = 0; i < steps_ * features; ++i) sequences.inputs.push_back(static_cast<float>(random.normal()));
    }
    return task_.first(std::move(sequences));
  }

  MeasuredMemory of_network(Backend& device, Settings& settings) {
    const StoredModel stored = files_.read_network();
    const Sequences sequences = sequences_of(stored.shape.inputs, settings);
    expect_inputs(stored, sequences, task_.data.empty() ? files_.sequences.inputs : task_.data);
    files_.say_taken(journal(), stored, sequences);
    return with_precision(stored, [&](auto real) {
      Model<decltype(real)> model = network_of<decltype(real)>(device, stored);
      return measured(device, *network_states(model, sequences), sequences);
    });
  }

  MeasuredMemory of_autoencoder(Backend& device, Settings& settings) {
    const LinearAutoencoder autoencoder = read_autoencoder(laes_);
    const Sequences sequences = sequences_of(autoencoder.features, settings);
    if (!files_.sequences.inputs.empty()) say_taken(journal(), files_.sequences.inputs, sequences);
    MeasuredMemory result = measured(device, *autoencoder_states(device, autoencoder, sequences), sequences);
    result.own = error_by_lag(device, autoencoder, sequences);
    return result;
  }

  MeasuredMemory measured(Backend& device, StateSource& source, const Sequences& sequences) const {
    return {measure_memory(device, source, sequences, measure_).front(), source.width(), std::nullopt};
  }

  Json json(const MeasuredMemory& measured) const override {
    const MemoryCapacity& memory = measured.memory;
    Json result{{"error_by_lag", memory.error},
                {"variance_by_lag", memory.variance},
                {"capacity_by_lag", memory.capacities},
                {"count_by_lag", memory.count},
                {"capacity", memory.capacity},
                {"restitution", memory.restitution},
                {"width", measured.width},
                {"lags", memory.error.size()},
                {"at", measure_.asked == AskedAfter::last_step ? "last" : "all"},
                {"noise", measure_.noise},
                {"ridge", measure_.ridge ? Json(*measure_.ridge) : Json()}};
    if (measured.own) {
      result["own_error_by_lag"] = measured.own->error;
      result["own_variance_by_lag"] = measured.own->variance;
    }
    return result;
  }

  void print(const MeasuredMemory& measured) const override {
    const MemoryCapacity& memory = measured.memory;
    fmt::print("capacity     {:.3f}, of independent inputs at most {}\nrestitution  {:.4f} of {} lags\n",
               memory.capacity, measured.width, memory.restitution, memory.error.size());
    fmt::print("{:>6}  {:>12}  {:>12}  {:>10}\n", "lag", "error", "variance", "capacity");
    for (std::size_t lag = 0; lag < memory.error.size(); lag = lag == 0 ? 1 : 2 * lag)
      fmt::print("{:>6}  {:>12.4e}  {:>12.4e}  {:>10.4f}\n", lag, memory.error[lag], memory.variance[lag],
                 memory.capacities[lag]);
  }

  NetworkFiles files_;
  TaskSequences task_;
  MemoryOptions measure_;
  std::string laes_, at_ = "auto";
  int steps_ = 1000, drawn_ = 20;
};

const Registration<Command> registration("measure_memory", [] { return std::make_unique<MeasureMemory>(); });

}  // namespace
}  // namespace hysteron
