#include "runs/q_learning_run.hpp"

#include "records/checkpoint.hpp"

namespace hysteron {
namespace {

// -1 means that there is none.
std::optional<std::int64_t> episode_if_any(std::int64_t episode) {
  return episode < 0 ? std::nullopt : std::optional(episode);
}

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

template <class Real>
RunResult QLearningRun<Real>::evaluate_best() {
  trainer_.take_best();
  const Multistability last = this->measured(trainer_.replay().histories());
  RunResult result = this->result_without_scores(last.vaa, trainer_.failures());
  result.train_loss = trainer_.train_loss();
  PolicyResult& policies = result.policies.emplace();
  policies.episodes = trainer_.episode();
  policies.optimal_return = data_.environment->best_return();
  policies.memoryless_return = data_.environment->memoryless_return();
  for (const PolicyRecord& record : trainer_.records()) {
    policies.last_return.push_back(record.last_return);
    policies.best_return.push_back(record.best_return);
    policies.best_episode.push_back(episode_if_any(record.best_episode));
    policies.first_optimal_episode.push_back(episode_if_any(record.first_optimal_episode));
    policies.optimal_episode.push_back(episode_if_any(record.optimal_episode));
    result.solved.push_back(record.optimal_episode >= 0);
  }
  this->journal_->event("tested", {{"episode", trainer_.episode()},
                                   {"update", trainer_.update()},
                                   {"return", policies.last_return},
                                   {"best_return", policies.best_return},
                                   {"vaa", last.vaa}});
  return result;
}

template class QLearningRun<float>;
template class QLearningRun<double>;

}  // namespace hysteron
