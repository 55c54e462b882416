#include "runs/training_run.hpp"

#include <algorithm>
#include <type_traits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "files/atomic_file.hpp"
#include "files/json_object.hpp"
#include "files/sealed_json.hpp"
#include "preparation/initialization.hpp"
#include "preparation/measurement.hpp"
#include "preparation/start_from_file.hpp"
#include "records/run_folder.hpp"
#include "runs/q_learning_run.hpp"
#include "runs/supervised_run.hpp"

namespace hysteron {
namespace {

constexpr const char* state_file = "state.safetensors";
constexpr const char* start_file = "start.json";

int features_of(const TaskData& data) { return data.environment ? input_size(*data.environment) : data.train.features; }

}  // namespace

template <class Real>
TrainingRun<Real>::TrainingRun(Backend& backend, const Settings& settings, const Configuration& configuration,
                               Journal& journal)
    : settings_(&settings),
      configuration_(&configuration),
      journal_(&journal),
      seeds_(replica_seeds(settings)),
      data_(task_data(settings, *configuration.task)),
      inputs_(inputs_at(data_.files)),
      model_(backend, model_shape(settings, features_of(data_), data_.outputs), static_cast<int>(seeds_.size())) {
  if (configuration.start) expect_start(*configuration.start, features_of(data_));
  if (std::is_same_v<Real, double>) return;
  lost_ = lost_to_rounding(data_.train);
  for (Sequences* const sequences : {&data_.train, &data_.test}) {  // nothing reads them, and they are large
    sequences->exact_inputs = {};
    sequences->exact_targets = {};
  }
}

template <class Real>
void TrainingRun<Real>::initialize_on(const Sequences& sequences, const Objective& objective) {
  for (const std::string& note : data_.notes) journal_->message(note);
  if (!lost_.empty()) journal_->warning(lost_);
  const std::optional<StoredModel>& start = configuration_->start;
  if (start) {
    if (!start->taken.empty()) journal_->message(settings_->text("model.start") + ": " + start->taken);
    start_from_file(*start, model_, std::span<const std::uint64_t>(seeds_), *journal_);
  }
  initialized_ = initialize_model<Real>(configuration_->initializer.get(), start ? Start::given : Start::drawn,
                                        {.model = &model_,
                                         .seeds = seeds_,
                                         .sequences = &sequences,
                                         .settings = settings_,
                                         .journal = journal_,
                                         .objective = objective});
}

template <class Real>
void TrainingRun<Real>::write_checkpoint(const std::filesystem::path& folder,
                                         const std::vector<std::string>& configurations) {
  make_folder(folder);
  write_file(folder / start_file, sealed_line({{"vaa_before", initialized_.before.vaa},
                                               {"vaa_start", initialized_.after.vaa},
                                               {"configurations", configurations},
                                               {"inputs", inputs_json(inputs_)}}));
  write_state(folder / state_file);
}

template <class Real>
void TrainingRun<Real>::restore(const std::filesystem::path& folder, const std::string& configuration) {
  const std::string name = (folder / start_file).string();
  const Json json = read_sealed(name, damaged_record);
  const JsonObject start(json, name, damaged_record);
  const auto vaa = [&](const char* key) {
    std::vector<double> values = start.numbers(key);
    if (!values.empty() && values.size() != seeds_.size())
      throw start.wrong(key, fmt::format("{} values, one a replica, or none", seeds_.size()),
                        std::to_string(values.size()));
    return values;
  };
  Prepared initialized;
  initialized.before.vaa = vaa("vaa_before");
  initialized.after.vaa = vaa("vaa_start");
  const std::vector<std::string> configurations = start.texts("configurations");
  if (std::ranges::find(configurations, configuration) == configurations.end())
    throw usage_error({.what = "config.toml of the run was changed since it began",
                       .expected = fmt::format("the file with the SHA-256 {}", fmt::join(configurations, " or ")),
                       .found = configuration,
                       .hint = "put it back; --set train.updates=N lets a run last longer; or begin anew with it: "
                               "hysteron train FOLDER/config.toml --out NAME"});
  expect_same(read_inputs(start.list("inputs"), name), inputs_);
  read_state(folder / state_file);
  initialized_ = std::move(initialized);
}

template <class Real>
Multistability TrainingRun<Real>::measured(const Sequences& sequences) {
  const MeasureOptions measure = measure_options(*settings_);
  return measure.draws > 0 ? measure_multistability(model_, sequences, seeds_, measure) : Multistability();
}

template <class Real>
RunResult TrainingRun<Real>::result_without_scores(const std::vector<double>& vaa,
                                                   const std::vector<std::optional<Failure>>& failures) const {
  RunResult result{.task = settings_->text("task.name"),
                   .cell = settings_->text("model.cell"),
                   .structure = settings_->text("model.structure"),
                   .init = settings_->text("init.name"),
                   .compat = settings_->text("compat"),
                   .replicas = model_.replicas(),
                   .steps = update(),
                   .vaa_drawn = initialized_.before.vaa,
                   .vaa_start = initialized_.after.vaa,
                   .vaa_end = vaa,
                   .seed = settings_->integer("seed")};
  for (int replica = 0; replica < std::ssize(failures); ++replica)
    if (const auto& failure = failures[static_cast<std::size_t>(replica)])
      result.failures.push_back({.replica = replica, .update = failure->update, .where = failure->where});
  return result;
}

template <class Real>
std::unique_ptr<TrainingRun<Real>> training_run(Backend& backend, const Settings& settings,
                                                const Configuration& configuration, Journal& journal) {
  if (configuration.task->learning() == Learning::reinforcement)
    return std::make_unique<QLearningRun<Real>>(backend, settings, configuration, journal);
  return std::make_unique<SupervisedRun<Real>>(backend, settings, configuration, journal);
}

template class TrainingRun<float>;
template class TrainingRun<double>;
template std::unique_ptr<TrainingRun<float>> training_run(Backend&, const Settings&, const Configuration&, Journal&);
template std::unique_ptr<TrainingRun<double>> training_run(Backend&, const Settings&, const Configuration&, Journal&);

}  // namespace hysteron
