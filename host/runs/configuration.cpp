#include "runs/configuration.hpp"

#include <hysteron/registry.hpp>

#include "preparation/measurement.hpp"
#include "runs/every_key.hpp"
#include "runs/machine.hpp"

namespace hysteron {
namespace {

std::vector<std::string> cell_names() {
  std::vector<std::string> names;
  for (const CellInfo& cell : every_cell()) names.emplace_back(cell.name);
  return names;
}

void declare_model(Settings& settings) {
  settings.declare("model.cell", "gru", "the recurrent cell", one_of(cell_names()));
  settings.declare("model.units", 64, "units of each layer", range(1, 65536));
  settings.declare("model.layers", 2, "layers, each reading the one below", range(1, 1024));
  settings.declare("model.structure", "stack",
                   "layers are whole, or made of two halves, the first of which is warmed up",
                   one_of({"stack", "double"}));
}

constexpr const char* as_in_file = "file";  // of init.name: the weights of model.start as they are

// What training starts from, if not from draws; its sizes become those of the settings.
std::optional<StoredModel> declare_start(Settings& settings, StartFile start) {
  settings.declare("model.start", "", "a file of weights to start from, ours or PyTorch's; none: init.name draws them");
  const std::string& file = settings.text("model.start");
  if (file.empty()) return std::nullopt;
  settings.declare("model.nonlinearity", "", "of an nn.RNN in that file, tanh or relu; empty: tanh, or as it says");
  settings.declare("model.recurrent", "", "of several recurrent networks in that file, the one of this name");
  settings.declare("model.readout", "", "the layer of that file that is the read-out, or none; empty: the only one");
  settings.declare("model.no_bias", false, "biases that the file lacks are zeros");
  if (start == StartFile::passed_over) return std::nullopt;
  StoredModel stored =
      read_model(file, {.cell = settings.given("model.cell") ? settings.text("model.cell") : "",
                        .nonlinearity = settings.text("model.nonlinearity"),
                        .recurrent = settings.text("model.recurrent"),
                        .readout = settings.text("model.readout"),
                        .biases = settings.flag("model.no_bias") ? MissingBiases::zeros : MissingBiases::refused});
  const auto take = [&](const char* key, bool same, const SettingValue& found) {
    if (settings.given(key) && !same)
      throw settings.unsuitable(key, "what the network in " + file + " has", "leave it out: the file tells");
    settings.resolve(key, found);
  };
  const ModelShape& shape = stored.shape;
  settings.resolve("model.cell", std::string(shape.cell->name));
  take("model.units", settings.integer("model.units") == shape.units, std::int64_t(shape.units));
  take("model.layers", settings.integer("model.layers") == shape.layers, std::int64_t(shape.layers));
  take("model.structure", settings.text("model.structure") == to_string(shape.structure), to_string(shape.structure));
  return stored;
}

void declare_initialization(Settings& settings, bool starts_from_file) {
  std::vector<std::string> names = Registry<Initializer>::names();
  if (starts_from_file) names.push_back(as_in_file);
  settings.declare("init.name", starts_from_file ? as_in_file : "classic",
                   "what makes the network ready before its first gradient", one_of(std::move(names)));
  declare_measurement(settings);
}

void declare_optimizer(Settings& settings, int batch, std::string of_batch) {
  settings.declare("train.batch", batch, std::move(of_batch), range(1, 1e6));
  settings.declare("train.learning_rate", 1e-3, "learning rate of Adam", range(0, 1e38));
  settings.declare("train.learning_rates", std::vector<double>{}, "one value for each replica instead", range(0, 1e38));
  settings.declare("train.clip", AdamOptions().clip,
                   "largest norm of a replica's gradient, to which larger ones are scaled; 0: no limit",
                   range(0, 1e38));
  settings.declare("train.weight_decay", AdamOptions().weight_decay,
                   "how many times the weights are added to the gradient", range(0, 1e6));
}

void declare_training(Settings& settings, Split usual_split) {
  const TrainerOptions options;
  settings.declare("train.epochs", 50, "passes over the training sequences", range(0, 1e9));
  settings.declare("train.updates", -1,
                   "gradient steps instead of epochs; 0: initialize and evaluate only; -1: train.epochs",
                   range(-1, 1e15));
  declare_optimizer(settings, options.batch, "sequences in a gradient step");
  settings.declare("train.validation_share", -1.0,
                   "the last of the training sequences: the weights that do best on them are kept; -1: the task's own "
                   "validation set, or 0.2",
                   {.least = -1, .most = 1, .most_excluded = true, .choices = {}});
  settings.declare("train.split", usual_split == Split::shuffled ? "shuffled" : "last",
                   "which sequences are kept from training: the last ones, or the last after a shuffle, the same in "
                   "every run",
                   one_of({"last", "shuffled"}));
  settings.declare("train.validate_every", 0, "gradient steps between validations; 0: after each epoch",
                   range(0, 1e15));
  settings.declare("train.vaa_every", 0, "gradient steps between measurements of the VAA; 0: before and after only",
                   range(0, 1e15));
  settings.declare("train.orthogonal_penalty", 0.0,
                   "weight of |W_mm^T W_mm - I|^2, of a linear memory's matrix, in the loss whose gradient is taken",
                   range(0.0, 1e9));
  settings.declare(
      "train.detach_probability", 0.0,
      "probability that a step's gradient flows back only through the linear memory, not through the other "
      "recurrent matrices (" +
          cell_list([](const CellInfo& cell) { return cell.linear_memory.has_value(); }) + "); slower",
      range(0.0, 1.0));
  settings.declare("train.gradient_every", 0,
                   "gradient steps between records of the norms of dloss/dstate at every step; 0: never",
                   range(0, 1e15));
  settings.declare("train.memory_sequences", 0,
                   "training sequences on which the memory is measured before and after training; 0: no measurement",
                   range(0, 1e9));
  settings.declare("train.checkpoint_every", 0, "gradient steps between checkpoints; 0: after each validation",
                   range(0, 1e15));
}

void declare_q_training(Settings& settings) {
  const QTrainerOptions options;
  settings.declare("train.episodes", options.episodes,
                   "episodes that each replica plays and learns from; 0: initialize and evaluate only", range(0, 1e9));
  settings.declare("train.updates_per_episode", options.updates_per_episode, "gradient steps after each episode",
                   range(0, 1e6));
  declare_optimizer(settings, options.batch, "transitions in a gradient step");
  settings.declare("train.replay", options.replay,
                   "transitions that a replica remembers; as many are explored before the first gradient step",
                   range(1, 1e8));
  settings.declare("train.target_every", options.target_every, "episodes after which the target network is renewed",
                   range(1, 1e9));
  settings.declare("train.epsilon", options.epsilon, "share of actions that follow the exploring policy",
                   range(0.0, 1.0));
  settings.declare("train.evaluate_every", options.evaluate_every, "episodes between tests of the greedy policy",
                   range(1, 1e9));
  settings.declare("train.vaa_every", options.vaa_every,
                   "episodes between measurements of the VAA; 0: before and after only", range(0, 1e9));
  settings.declare("train.checkpoint_every", options.checkpoint_every,
                   "episodes between checkpoints; 0: after each evaluation", range(0, 1e9));
}

}  // namespace

Configuration configure(Settings& settings, Sections sections, StartFile start) {
  declare_machine(settings);
  declare_compat(settings);
  Configuration configuration;
  if (sections == Sections::task_and_training) {
    settings.declare("task.name", "copy_first_input", "what the networks learn", one_of(Registry<Task>::names()));
    configuration.task = Registry<Task>::make(settings.text("task.name"));
    configuration.task->declare(settings);
  }
  declare_model(settings);
  if (sections == Sections::task_and_training) configuration.start = declare_start(settings, start);
  const bool from_file = settings.declared("model.start") && !settings.text("model.start").empty();
  declare_initialization(settings, from_file);
  if (settings.text("init.name") != as_in_file) {
    configuration.initializer = Registry<Initializer>::make(settings.text("init.name"));
    configuration.initializer->declare(settings);
    if (from_file && !configuration.initializer->before(settings))
      throw settings.unsuitable("init.name", "warm_up, which improves the weights of model.start, or nothing",
                                "leave it out: it would draw every weight anew");
  }
  if (sections == Sections::task_and_training) {
    const bool acts = configuration.task->learning() == Learning::reinforcement;
    acts ? declare_q_training(settings) : declare_training(settings, configuration.task->usual_split(settings));
  }
  configuration.notes = settings.finish(foreign_keys);
  return configuration;
}

TaskData task_data(const Settings& settings, const Task& task) {
  TaskData data = task.make(settings);
  const bool asked = settings.declared("train.split") && settings.text("train.split") == "shuffled";
  if (asked && data.split == Split::last && !data.validation) {
    data.train = shuffled(data.train);
    data.split = Split::shuffled;
  }
  return data;
}

std::vector<std::uint64_t> replica_seeds(const Settings& settings) {
  std::vector<std::uint64_t> seeds;
  for (std::int64_t replica = 0; replica < settings.integer("replicas"); ++replica)
    seeds.push_back(static_cast<std::uint64_t>(settings.integer("seed") + replica));
  return seeds;
}

ModelShape model_shape(const Settings& settings, int inputs, int outputs) {
  return {.cell = &cell_named(settings.text("model.cell")),
          .units = static_cast<int>(settings.integer("model.units")),
          .layers = static_cast<int>(settings.integer("model.layers")),
          .structure = structure_named(settings.text("model.structure")),
          .inputs = inputs,
          .outputs = outputs};
}

namespace {

std::vector<double> learning_rates(const Settings& settings) {
  const std::size_t replicas = static_cast<std::size_t>(settings.integer("replicas"));
  std::vector<double> rates = settings.numbers("train.learning_rates");
  if (rates.empty()) rates.assign(replicas, settings.number("train.learning_rate"));
  if (rates.size() != replicas)
    throw settings.unsuitable("train.learning_rates",
                              "one learning rate for each of " + std::to_string(replicas) + " replicas",
                              "--set replicas=" + std::to_string(rates.size()));
  return rates;
}

// The options that all trainers have.
template <class Options>
Options common_options(const Settings& settings) {
  Options options;
  options.batch = static_cast<int>(settings.integer("train.batch"));
  options.learning_rates = learning_rates(settings);
  options.adam.clip = settings.number("train.clip");
  options.adam.weight_decay = settings.number("train.weight_decay");
  options.vaa_every = settings.integer("train.vaa_every");
  options.checkpoint_every = settings.integer("train.checkpoint_every");
  options.measure = measure_options(settings);
  return options;
}

}  // namespace

TrainerOptions trainer_options(const Settings& settings, const TaskData& data) {
  TrainerOptions options = common_options<TrainerOptions>(settings);
  const double share = settings.number("train.validation_share");
  const int validation = share >= 0 ? validation_count(data, share) : validation_count(data);
  const std::int64_t updates = settings.integer("train.updates"),
                     in_epoch = updates_in_epoch(data.train.count - validation, options.batch);
  options.validation = validation;
  options.updates = updates >= 0 ? updates : settings.integer("train.epochs") * in_epoch;
  options.validate_every = settings.integer("train.validate_every");
  options.orthogonal_penalty = settings.number("train.orthogonal_penalty");
  options.detach_probability = settings.number("train.detach_probability");
  options.gradient_every = settings.integer("train.gradient_every");
  options.compat = compat_of(settings);
  return options;
}

QTrainerOptions q_trainer_options(const Settings& settings) {
  QTrainerOptions options = common_options<QTrainerOptions>(settings);
  options.episodes = settings.integer("train.episodes");
  options.updates_per_episode = static_cast<int>(settings.integer("train.updates_per_episode"));
  options.replay = static_cast<int>(settings.integer("train.replay"));
  options.target_every = settings.integer("train.target_every");
  options.epsilon = settings.number("train.epsilon");
  options.evaluate_every = settings.integer("train.evaluate_every");
  return options;
}

}  // namespace hysteron
