#include <optional>

#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/replay.hpp>

#include "command_line/computing_command.hpp"
#include "command_line/network_files.hpp"
#include "command_line/output_file.hpp"
#include "foundation/printable.hpp"
#include "foundation/replica_number.hpp"
#include "preparation/initialization.hpp"
#include "runs/configuration.hpp"
#include "runs/every_key.hpp"

namespace hysteron {
namespace {

namespace fs = std::filesystem;

/// The sequences that a network is made ready on, and what is asked after them.
struct Preparation {
  Sequences sequences;
  int outputs = 0;
  std::string task;  ///< empty: the user's own sequences
  LossKind loss = LossKind::mse;
  std::vector<std::string> notes = {};  ///< what was read
};

struct PreparedNetworks {
  std::string init, cell;
  Prepared measured;
  std::vector<std::string> files;  ///< one per replica
};

class Prepare final : public ComputingCommand<PreparedNetworks> {
 public:
  std::vector<std::string> words() const override { return {"prepare"}; }
  std::string example() const override {
    return R"(hysteron prepare --init warm_up --model in.safetensors --cell gru --inputs X.npy --out out.safetensors
hysteron prepare --init warm_up --cell gru --units 256 --layers 2 --inputs X.npy --out new.safetensors
hysteron prepare --init warm_up --task copy_first_input --replicas 4 --out new.safetensors)";
  }
  std::string summary() const override { return "make networks ready for training, yours or new ones, and save them"; }
  std::string description() const override {
    return R"(Makes networks ready for training and saves them: new ones, or your own (--model), whose file is written
again with the same names, types and metadata. warm_up starts from the parameters of your network; the other
initializers draw them anew. Sequences are your own (--inputs) or those of a task. Several replicas are written to
out-00.safetensors, out-01.safetensors, …)";
  }

  void declare(Arguments& arguments) override {
    options_.declare(arguments, task_flags());
    arguments
        .add("--model", &model_, "your own network, a safetensors file of ours or of PyTorch (--cell names its cell)")
        .value_name("FILE");
    reading_.declare(arguments);
    arguments.add("--outputs", &outputs_, "outputs of the read-out of a new network")
        .range(0, 1'000'000)
        .otherwise("the task's, or no read-out");
    arguments.add("--out", &out_, "the file of the network, .safetensors").value_name("FILE").required();
    arguments.add("--force", &force_, "replace files that are there");
  }

 private:
  void declare_settings(Settings&) const override {}  // compute() declares them, once it knows whether a task is given

  PreparedNetworks compute(Settings& settings) override {
    const bool of_task = settings.mentions("task.name");
    if (!of_task && !settings.mentions("task.inputs"))
      throw usage_error({.what = "prepare needs sequences",
                         .expected = "--inputs X.npy, or --task NAME",
                         .hint = "hysteron info lists the tasks"});
    if (!of_task) declare_sequence_files(settings);
    const Configuration configuration =
        configure(settings, of_task ? Sections::task_and_training : Sections::initialization);
    for (const std::string& note : configuration.notes) journal().message(note);
    if (configuration.start)
      throw settings.unsuitable("model.start", "nothing: prepare takes the network as an option", "--model FILE");
    const std::vector<fs::path> files = output_files(settings.integer("replicas"));
    expect_outputs(files, settings);
    std::optional<StoredModel> stored;
    if (!model_.empty()) stored = own_network(settings);
    const Preparation preparation =
        of_task ? preparation_of_task(settings, *configuration.task) : preparation_of_files(settings);
    if (stored)
      expect_inputs(*stored, preparation.sequences,
                    of_task ? "of the task " + preparation.task : settings.text("task.inputs"));
    if (stored) say_taken(journal(), model_, *stored);
    for (const std::string& note : preparation.notes) journal().message(note);
    seed_ = static_cast<std::uint64_t>(settings.integer("seed"));
    const auto prepare = [&](auto real) {
      return prepare_as<decltype(real)>(settings, *configuration.initializer, stored, preparation, files);
    };
    const bool as_stored = stored && !settings.given("precision");
    return as_stored ? with_precision(*stored, prepare) : with_precision(settings, prepare);
  }

  // With --force the network's own file may be replaced, but never the files that it is prepared on.
  void expect_outputs(const std::vector<fs::path>& files, const Settings& settings) const {
    for (const fs::path& file : files) {
      expect_writable(file, force_ ? Overwrite::allowed : Overwrite::refused, sequence_files(settings));
      expect_ending(file, ".safetensors");
    }
  }

  std::vector<fs::path> output_files(std::int64_t replicas) const {
    if (replicas == 1) return {out_};
    std::vector<fs::path> files;
    const fs::path path(out_);
    for (std::int64_t replica = 0; replica < replicas; ++replica)
      files.push_back(path.parent_path() /
                      (path.stem().string() + "-" + replica_number(replica, replicas) + path.extension().string()));
    return files;
  }

  // The user's network; any size that is given must match the file's.
  StoredModel own_network(const Settings& settings) const {
    StoredModel stored = reading_.read(model_, settings.given("model.cell") ? settings.text("model.cell") : "");
    const auto expect = [&](const char* key, const std::string& given, const std::string& found) {
      if (settings.given(key) && given != found)
        throw settings.unsuitable(key, found + ", as the network in " + model_ + " has",
                                  "leave it out: the file tells");
    };
    expect("model.units", std::to_string(settings.integer("model.units")), std::to_string(stored.shape.units));
    expect("model.layers", std::to_string(settings.integer("model.layers")), std::to_string(stored.shape.layers));
    expect("model.structure", settings.text("model.structure"), to_string(stored.shape.structure));
    if (outputs_ && *outputs_ != stored.shape.outputs)
      throw usage_error({.what = "--outputs does not fit the network in " + model_,
                         .expected = std::to_string(stored.shape.outputs),
                         .found = std::to_string(*outputs_),
                         .hint = "leave it out: the file tells"});
    return stored;
  }

  Preparation preparation_of_task(const Settings& settings, const Task& task) const {
    TaskData data = task_data(settings, task);
    if (data.environment)
      data.train = histories_of_exploration(*data.environment, replica_seeds(settings),
                                            static_cast<int>(settings.integer("train.replay")));
    return {std::move(data.train), outputs_.value_or(data.outputs), settings.text("task.name"), data.loss,
            std::move(data.notes)};
  }

  Preparation preparation_of_files(const Settings& settings) const {
    Sequences sequences = read_sequences(sequence_files_of(settings));
    const std::string note = settings.text("task.inputs") + ": " + sequences_text(sequences);
    return {std::move(sequences), outputs_.value_or(0), "", LossKind::mse, {note}};
  }

  template <class Real>
  PreparedNetworks prepare_as(const Settings& settings, const Initializer& initializer,
                              const std::optional<StoredModel>& stored, const Preparation& preparation,
                              const std::vector<fs::path>& files) {
    const std::vector<std::uint64_t> seeds = replica_seeds(settings);
    const int replicas = static_cast<int>(seeds.size());
    Backend& device = backend(settings);
    if (stored && !initializer.before(settings))
      journal().message(settings.text("init.name") + " draws every parameter anew; warm_up improves those of the file");
    Model<Real> model =
        stored
            ? network_of<Real>(device, *stored, replicas)
            : Model<Real>(device, model_shape(settings, preparation.sequences.features, preparation.outputs), replicas);
    if (sizeof(Real) < sizeof(double))
      if (const std::string lost = lost_to_rounding(preparation.sequences); !lost.empty()) journal().warning(lost);
    PreparedNetworks prepared{
        .init = settings.text("init.name"), .cell = std::string(model.shape().cell->name), .measured = {}, .files = {}};
    prepared.measured = initialize_model<Real>(&initializer, stored ? Start::given : Start::drawn,
                                               {.model = &model,
                                                .seeds = seeds,
                                                .sequences = &preparation.sequences,
                                                .settings = &settings,
                                                .journal = &journal(),
                                                .objective = {.loss = preparation.loss}});
    const std::vector<Real> values = model.parameters().block().to_host();
    const std::size_t size = values.size() / seeds.size();
    for (std::size_t r = 0; r < seeds.size(); ++r)
      expect_finite<Real>(std::span(values).subspan(r * size, size), fmt::format("the parameters of replica {}", r));
    for (int replica = 0; replica < replicas; ++replica) {
      const auto r = static_cast<std::size_t>(replica);
      write_safetensors(files[r], stored ? with_parameters(*stored, model, replica)
                                         : model_file(model, replica, preparation.task, seeds[r]));
      prepared.files.push_back(files[r].string());
    }
    return prepared;
  }

  Json json(const PreparedNetworks& prepared) const override {
    return {{"init", prepared.init},
            {"cell", prepared.cell},
            {"replicas", prepared.files.size()},
            {"vaa_before", prepared.measured.before.vaa},
            {"vaa_after", prepared.measured.after.vaa},
            {"vaa_star", prepared.measured.after.vaa_star},
            {"out", prepared.files}};
  }

  void print(const PreparedNetworks& prepared) const override {
    fmt::print("{:>7}  {:>10}  {:>10}  {:>8}  {}\n", "replica", "VAA before", "VAA after", "VAA*", "file");
    for (std::size_t r = 0; r < prepared.files.size(); ++r) {
      const auto figure = [&](const std::vector<double>& values) {
        return r < values.size() ? fmt::format("{:.3f}", values[r]) : std::string("-");
      };
      const auto& [before, after] = prepared.measured;
      fmt::print("{:>7}  {:>10}  {:>10}  {:>8}  {}\n", r, figure(before.vaa), figure(after.vaa), figure(after.vaa_star),
                 printable(prepared.files[r]));
    }
  }

  std::string model_, out_;
  ModelOptions reading_;
  std::optional<int> outputs_;
  bool force_ = false;
};

const Registration<Command> registration("prepare", [] { return std::make_unique<Prepare>(); });

}  // namespace
}  // namespace hysteron
