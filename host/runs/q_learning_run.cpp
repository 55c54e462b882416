#include "runs/q_learning_run.hpp"

#include "records/checkpoint.hpp"

namespace hysteron {
namespace {

// Episodes are counted from 0; -1: there is none.
Json episode_or_null(std::int64_t episode) { return episode < 0 ? Json() : Json(episode); }

}  // namespace

template <class Real>
QLearningRun<Real>::QLearningRun(Backend& backend, const Settings& settings, const Configuration& configuration,
                                 Journal& journal)
    : TrainingRun<Real>(backend, settings, configuration, journal),
      trainer_(model_, *data_.environment, this->seeds_, q_trainer_options(settings), journal) {}

template <class Real>
void QLearningRun<Real>::initialize() {
  this->initialize_on(trainer_.replay().histories());
  trainer_.start();
}

template <class Real>
void QLearningRun<Real>::write_state(const std::filesystem::path& file) {
  write_checkpoint(file, trainer_.state());
}

template <class Real>
void QLearningRun<Real>::read_state(const std::filesystem::path& file) {
  trainer_.restore(read_q_checkpoint<Real>(file, *data_.environment, model_.replicas(), model_.parameters().size()));
}

// The losses and accuracies of supervised runs are there too, empty.
template <class Real>
Json QLearningRun<Real>::evaluate_best() {
  trainer_.take_best();
  const Multistability last = this->measured(trainer_.replay().histories());
  std::vector<double> returns, best_returns;
  Json first = Json::array(), from = Json::array(), best = Json::array(), optimal = Json::array();
  for (const PolicyRecord& record : trainer_.records()) {
    returns.push_back(record.last_return);
    best_returns.push_back(record.best_return);
    best.push_back(episode_or_null(record.best_episode));
    first.push_back(episode_or_null(record.first_optimal_episode));
    from.push_back(episode_or_null(record.optimal_episode));
    optimal.push_back(record.optimal_episode >= 0);
  }
  this->journal_->event("tested", {{"episode", trainer_.episode()},
                                   {"update", trainer_.update()},
                                   {"return", returns},
                                   {"best_return", best_returns},
                                   {"vaa", last.vaa}});
  Json result = this->told_by_every_run(last.vaa, trainer_.failures());
  const Json none = Json::array();
  result.update({{"episodes", trainer_.episode()},
                 {"train_loss", trainer_.train_loss()},
                 {"valid_loss", none},
                 {"test_loss", none},
                 {"test_accuracy", none},
                 {"return", returns},
                 {"optimal", optimal},
                 {"first_optimal_episode", first},
                 {"optimal_episode", from},
                 {"best_return", best_returns},
                 {"best_episode", best},
                 {"solved", optimal},
                 {"optimal_return", data_.environment->best_return()},
                 {"memoryless_return", data_.environment->memoryless_return()}});
  return result;
}

template class QLearningRun<float>;
template class QLearningRun<double>;

}  // namespace hysteron
