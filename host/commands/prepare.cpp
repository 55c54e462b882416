#include <optional>

#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/replay.hpp>

#include "command_line/command.hpp"
#include "command_line/network_files.hpp"
#include "command_line/options.hpp"
#include "command_line/output_file.hpp"
#include "preparation/initialization.hpp"
#include "runs/configuration.hpp"
#include "runs/machine.hpp"

namespace hysteron {
namespace {

namespace fs = std::filesystem;

/// The sequences that a network is made ready on, and what they ask for.
struct Ground {
  Sequences sequences;
  int outputs = 0;
  std::string task;  ///< empty: the user's own sequences
  LossKind loss = LossKind::mse;
};

class Prepare final : public Command {
 public:
  std::string example() const override {
    return "hysteron prepare --init warm_up --model in.safetensors --cell gru --inputs X.npy --out out.safetensors\n"
           "  hysteron prepare --init warm_up --cell gru --units 256 --layers 2 --inputs X.npy --out new.safetensors\n"
           "  hysteron prepare --init warm_up --task copy_first_input --replicas 4 --out new.safetensors";
  }
  std::string description() const override {
    return "Make networks ready for training and save them: new ones, or your own (--model), whose file is written "
           "again "
           "with the same names, types and metadata. warm_up starts from the parameters of your network, the other "
           "initializers draw them anew. Sequences are your own (--inputs) or those of a task. Several replicas are "
           "written to out-00.safetensors, out-01.safetensors, …";
  }

  void declare(CLI::App& app) override {
    options_.declare(app, task_flags());
    app.add_option("--model", model_,
                   "your own network, a safetensors file of ours or of PyTorch (--cell tells its cell)");
    app.add_option("--outputs", outputs_, "of the read-out of a new network; without, it has none, or the task's")
        ->check(CLI::Range(0, 1'000'000));
    app.add_option("--out", out_, "the file of the network, .safetensors")->required();
    app.add_flag("--force", force_, "replace files that are there");
  }

  int run(const std::vector<std::string>&) override {
    const Stopwatch watch;
    Settings settings = options_.settings();
    const bool of_task = settings.mentions("task.name");
    if (!of_task && !settings.mentions("task.inputs"))
      throw usage_error({.what = "prepare needs sequences",
                         .expected = "--inputs X.npy, or --task NAME",
                         .hint = "hysteron info lists the tasks"});
    if (!of_task) {
      settings.declare("task.inputs", "", "sequences X.npy [steps, batch, inputs]");
      settings.declare("task.lengths", "", "lengths L.npy [batch]; none: every sequence has every step");
    }
    const Configuration configuration =
        configure(settings, of_task ? Sections::task_and_training : Sections::initialization);
    const std::vector<fs::path> files = output_files(settings.integer("replicas"));
    expect_outputs(files, settings);
    std::optional<StoredModel> stored;
    if (!model_.empty()) stored = own_network(settings);
    const Ground ground = of_task ? ground_of_task(settings, *configuration.task) : ground_of_files(settings);
    if (stored)
      expect_inputs(*stored, ground.sequences, of_task ? "of the task " + ground.task : settings.text("task.inputs"));

    const std::unique_ptr<Journal> journal = options_.journal();
    const std::unique_ptr<Backend> backend = backend_of(settings, journal.get());
    const auto prepare = [&](auto real) {
      return prepare_as<decltype(real)>(settings, configuration, stored, ground, files, *backend, *journal);
    };
    const bool as_stored = stored && !settings.given("precision");
    Json result = as_stored ? with_precision(*stored, prepare) : with_precision(settings, prepare);
    result = complete_result(std::move(result), watch, backend->name(), settings.integer("seed"));
    print(result);
    return 0;
  }

 private:
  // With --force the network's own file may be replaced, what it is prepared on never.
  void expect_outputs(const std::vector<fs::path>& files, const Settings& settings) const {
    for (const fs::path& file : files)
      expect_writable(file, force_ ? Overwrite::allowed : Overwrite::refused, sequence_files(settings));
  }

  std::vector<fs::path> output_files(std::int64_t replicas) const {
    if (replicas == 1) return {out_};
    std::vector<fs::path> files;
    const fs::path path(out_);
    for (std::int64_t replica = 0; replica < replicas; ++replica)
      files.push_back(path.parent_path() /
                      fmt::format("{}-{:02}{}", path.stem().string(), replica, path.extension().string()));
    return files;
  }

  // The user's network; a size that is given must be the file's.
  StoredModel own_network(const Settings& settings) const {
    StoredModel stored = read_model(model_, settings.given("model.cell") ? settings.text("model.cell") : "");
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

  Ground ground_of_task(const Settings& settings, const Task& task) const {
    TaskData data = task.make(settings);
    if (data.environment)
      data.train = histories_of_exploration(*data.environment, replica_seeds(settings),
                                            static_cast<int>(settings.integer("train.replay")));
    return {std::move(data.train), outputs_.value_or(data.outputs), settings.text("task.name"), data.loss};
  }

  Ground ground_of_files(const Settings& settings) const {
    return {read_sequences({.inputs = settings.text("task.inputs"), .lengths = settings.text("task.lengths")}),
            outputs_.value_or(0), ""};
  }

  template <class Real>
  Json prepare_as(const Settings& settings, const Configuration& configuration,
                  const std::optional<StoredModel>& stored, const Ground& ground, const std::vector<fs::path>& files,
                  Backend& backend, Journal& journal) const {
    const std::vector<std::uint64_t> seeds = replica_seeds(settings);
    const int replicas = static_cast<int>(seeds.size());
    const Initializer& initializer = *configuration.initializer;
    if (stored && !initializer.before(settings))
      journal.message(settings.text("init.name") + " draws every parameter anew; warm_up improves those of the file");
    Model<Real> model =
        stored ? network_of<Real>(backend, *stored, replicas)
               : Model<Real>(backend, model_shape(settings, ground.sequences.features, ground.outputs), replicas);
    const Prepared done = initialize_model<Real>(initializer, stored ? Start::given : Start::drawn,
                                                 {.model = &model,
                                                  .seeds = seeds,
                                                  .sequences = &ground.sequences,
                                                  .settings = &settings,
                                                  .journal = &journal,
                                                  .objective = {.loss = ground.loss}});
    const std::vector<Real> values = model.parameters().block().to_host();
    const std::size_t size = values.size() / seeds.size();
    for (std::size_t r = 0; r < seeds.size(); ++r)
      expect_finite<Real>(std::span(values).subspan(r * size, size), fmt::format("the parameters of replica {}", r));
    Json out = Json::array();
    for (int replica = 0; replica < replicas; ++replica) {
      const auto r = static_cast<std::size_t>(replica);
      write_safetensors(files[r], stored ? with_parameters(*stored, model, replica)
                                         : model_file(model, replica, ground.task, seeds[r]));
      out.push_back(files[r].string());
    }
    return {{"init", settings.text("init.name")},
            {"cell", std::string(model.shape().cell->name)},
            {"replicas", replicas},
            {"vaa_before", done.before.vaa},
            {"vaa_after", done.after.vaa},
            {"vaa_star", done.after.vaa_star},
            {"out", out}};
  }

  void print(const Json& result) const {
    fmt::print("{:>7}  {:>10}  {:>10}  {:>8}  {}\n", "replica", "VAA before", "VAA after", "VAA*", "file");
    for (std::size_t r = 0; r < result["out"].size(); ++r) {
      const auto figure = [&](const char* key) {
        const Json& values = result[key];
        return r < values.size() ? fmt::format("{:.3f}", values[r].get<double>()) : std::string("-");
      };
      fmt::print("{:>7}  {:>10}  {:>10}  {:>8}  {}\n", r, figure("vaa_before"), figure("vaa_after"), figure("vaa_star"),
                 result["out"][r].get<std::string>());
    }
    if (options_.json()) fmt::print("{}\n", json_line(result));
  }

  Options options_;
  std::string model_, out_;
  std::optional<int> outputs_;
  bool force_ = false;
};

const Registration<Command> registration("prepare", [] { return std::make_unique<Prepare>(); });

}  // namespace
}  // namespace hysteron
