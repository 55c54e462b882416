#include "runs/training_run.hpp"

#include <cmath>

#include "records/atomic_file.hpp"
#include "records/checkpoint.hpp"
#include "records/source.hpp"

namespace hysteron {
namespace {

constexpr const char* state_file = "state.safetensors";
constexpr const char* start_file = "start.json";

}  // namespace

template <class Real>
TrainingRun<Real>::TrainingRun(Backend& backend, const Settings& settings, const Configuration& configuration,
                               Journal& journal)
    : settings_(&settings),
      configuration_(&configuration),
      journal_(&journal),
      seeds_(replica_seeds(settings)),
      data_(configuration.task->make(settings)),
      model_(backend, model_shape(settings, data_.train.features, data_.outputs), static_cast<int>(seeds_.size())),
      trainer_(model_, data_, seeds_, trainer_options(settings, data_.train), journal) {}

template <class Real>
void TrainingRun<Real>::initialize() {
  initialized_ =
      initialize_model(model_, *configuration_->initializer, Start::drawn, data_.train, seeds_, *settings_, *journal_);
  trainer_.start();
}

template <class Real>
void TrainingRun<Real>::write_checkpoint(const std::filesystem::path& folder) {
  make_folder(folder);
  write_file(folder / start_file,
             json_line({{"vaa_before", initialized_.before.vaa}, {"vaa_start", initialized_.after.vaa}}) + "\n");
  hysteron::write_checkpoint(folder / state_file, trainer_.state());
}

template <class Real>
void TrainingRun<Real>::restore(const std::filesystem::path& folder) {
  const Json start = parse_json(read_text(folder / start_file), (folder / start_file).string());
  initialized_.before.vaa = start.at("vaa_before").template get<std::vector<double>>();
  initialized_.after.vaa = start.at("vaa_start").template get<std::vector<double>>();
  trainer_.restore(read_checkpoint<Real>(folder / state_file, model_.replicas(), model_.parameters().size()));
}

template <class Real>
typename Trainer<Real>::End TrainingRun<Real>::train(const std::function<bool()>& stop_requested,
                                                     const std::function<void()>& checkpoint) {
  return trainer_.run(stop_requested, checkpoint);
}

template <class Real>
Json TrainingRun<Real>::solved(const Evaluation& test, std::size_t replica) const {
  if (data_.solved_accuracy && !test.accuracy.empty()) return test.accuracy[replica] >= *data_.solved_accuracy;
  if (data_.solved_loss) return test.loss[replica] <= *data_.solved_loss;
  return nullptr;
}

template <class Real>
Json TrainingRun<Real>::evaluate_best() {
  trainer_.take_best();
  const Evaluation test = evaluate(model_, data_.test, data_.loss, data_.read_steps);
  const MeasureOptions measure = measure_options(*settings_);
  Multistability last;
  if (measure.draws > 0) last = measure_multistability(model_, data_.train, seeds_, measure);
  Json all_solved = Json::array(), failures = Json::array();
  for (std::size_t r = 0; r < seeds_.size(); ++r) {
    all_solved.push_back(solved(test, r));
    if (const auto& failure = trainer_.failures()[r])
      failures.push_back({{"replica", r}, {"update", failure->update}, {"where", failure->where}});
  }
  journal_->event(
      "tested",
      {{"update", trainer_.update()}, {"test_loss", test.loss}, {"test_accuracy", test.accuracy}, {"vaa", last.vaa}});
  return {{"task", settings_->text("task.name")},
          {"cell", settings_->text("model.cell")},
          {"init", settings_->text("init.name")},
          {"replicas", seeds_.size()},
          {"steps", trainer_.update()},
          {"train_loss", trainer_.train_loss()},
          {"valid_loss", trainer_.best_loss()},
          {"best_step", trainer_.best_update()},
          {"test_loss", test.loss},
          {"test_accuracy", test.accuracy},
          {"vaa_before", initialized_.before.vaa},
          {"vaa_start", initialized_.after.vaa},
          {"vaa", last.vaa},
          {"solved", all_solved},
          {"trivial_loss", data_.trivial_loss ? Json(*data_.trivial_loss) : Json()},
          {"failures", failures}};
}

template class TrainingRun<float>;
template class TrainingRun<double>;

}  // namespace hysteron
