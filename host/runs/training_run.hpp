#pragma once
#include <filesystem>
#include <functional>
#include <vector>

#include <hysteron/trainer.hpp>

#include "records/json.hpp"
#include "runs/configuration.hpp"
#include "runs/initialization.hpp"

namespace hysteron {

/// A configuration carried out: build, initialize, train, evaluate. All vectors have one entry a replica.
template <class Real>
class TrainingRun {
 public:
  /// All must outlive this; the configuration is finished (configure).
  TrainingRun(Backend& backend, const Settings& settings, const Configuration& configuration, Journal& journal);

  /// Makes the networks ready. Not on a run that is resumed.
  void initialize();

  /// Puts a run that was stopped back to where it was.
  void restore(const std::filesystem::path& checkpoint_folder);
  void write_checkpoint(const std::filesystem::path& checkpoint_folder);

  typename Trainer<Real>::End train(const std::function<bool()>& stop_requested,
                                    const std::function<void()>& checkpoint);

  /// After training: the best weights, on the test set. The keys of `train --json`, and some more.
  Json evaluate_best();

  Model<Real>& model() { return model_; }
  const std::vector<std::uint64_t>& seeds() const { return seeds_; }
  const TaskData& data() const { return data_; }
  Trainer<Real>& trainer() { return trainer_; }

 private:
  /// true, false, or null without a level to reach.
  Json solved(const Evaluation& test, std::size_t replica) const;

  const Settings* settings_;
  const Configuration* configuration_;
  Journal* journal_;
  std::vector<std::uint64_t> seeds_;
  TaskData data_;
  Model<Real> model_;
  Trainer<Real> trainer_;
  Initialized initialized_;
};

extern template class TrainingRun<float>;
extern template class TrainingRun<double>;

}  // namespace hysteron
