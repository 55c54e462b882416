#include "runs/supervised_run.hpp"

#include <hysteron/memory_capacity.hpp>

#include "records/checkpoint.hpp"
#include "training/absent_classes.hpp"

namespace hysteron {

template <class Real>
SupervisedRun<Real>::SupervisedRun(Backend& backend, const Settings& settings, const Configuration& configuration,
                                   Journal& journal)
    : TrainingRun<Real>(backend, settings, configuration, journal),
      trainer_(model_, data_, this->seeds_, trainer_options(settings, data_), journal) {}

template <class Real>
void SupervisedRun<Real>::initialize() {
  this->initialize_on(data_.train, {.loss = data_.loss, .validation = trainer_.validation().count});
  warn_of_absent_classes();
  measure_memory_now("initialized");
  trainer_.start();
}

template <class Real>
void SupervisedRun<Real>::warn_of_absent_classes() {
  const std::span<const int> all(data_.train.labels), valid(trainer_.validation().labels);
  const std::string absent = absent_classes(
      {{"training", all.first(all.size() - valid.size())}, {"validation", valid}, {"test", data_.test.labels}});
  if (!absent.empty())
    this->journal_->warning(absent + (data_.split == Split::last && !data_.validation
                                          ? "; --set train.split=shuffled divides the sequences by chance"
                                          : ""));
}

template <class Real>
void SupervisedRun<Real>::write_state(const std::filesystem::path& file) {
  write_checkpoint(file, trainer_.state());
}

template <class Real>
void SupervisedRun<Real>::read_state(const std::filesystem::path& file) {
  trainer_.restore(read_checkpoint<Real>(file, model_.replicas(), model_.parameters().size()));
}

template <class Real>
void SupervisedRun<Real>::measure_memory_now(const char* when) {
  const std::int64_t wanted = this->settings_->integer("train.memory_sequences");
  if (wanted == 0) return;
  const Sequences sequences =
      slice(data_.train, 0, static_cast<int>(std::min<std::int64_t>(wanted, data_.train.count)));
  const std::vector<MemoryCapacity> memories = doing("measuring the memory (train.memory_sequences)", [&] {
    return measure_memory(model_.backend(), *network_states(model_, sequences), sequences, {});
  });
  for (std::size_t replica = 0; replica < memories.size(); ++replica)
    this->journal_->event("memory", {{"when", when},
                                     {"update", trainer_.update()},
                                     {"replica", replica},
                                     {"error_by_lag", memories[replica].error},
                                     {"variance_by_lag", memories[replica].variance},
                                     {"capacity", memories[replica].capacity},
                                     {"restitution", memories[replica].restitution}});
}

template <class Real>
std::optional<bool> SupervisedRun<Real>::solved(const Evaluation& test, std::size_t replica) const {
  if (data_.solved_accuracy && !test.accuracy.empty()) return test.accuracy[replica] >= *data_.solved_accuracy;
  if (data_.solved_loss) return test.loss[replica] <= *data_.solved_loss;
  return std::nullopt;
}

template <class Real>
RunResult SupervisedRun<Real>::evaluate_best() {
  trainer_.take_best();
  measure_memory_now("trained");
  const Evaluation test = trainer_.evaluated_on(data_.test);
  const Multistability last = this->measured(data_.train);
  this->journal_->event(
      "tested",
      {{"update", trainer_.update()}, {"test_loss", test.loss}, {"test_accuracy", test.accuracy}, {"vaa", last.vaa}});
  RunResult result = this->result_without_scores(last.vaa, trainer_.failures());
  result.train_loss = trainer_.train_loss();
  for (std::size_t r = 0; r < this->seeds_.size(); ++r) result.solved.push_back(solved(test, r));
  result.predictions = {.valid_loss = trainer_.best_loss(),
                        .best_step = trainer_.best_update(),
                        .test_loss = test.loss,
                        .test_accuracy = test.accuracy,
                        .trivial_loss = data_.trivial_loss,
                        .solved_loss = data_.solved_loss,
                        .solved_accuracy = data_.solved_accuracy};
  return result;
}

template class SupervisedRun<float>;
template class SupervisedRun<double>;

}  // namespace hysteron
