#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include <hysteron/run_result.hpp>
#include <hysteron/trainer.hpp>

#include "runs/configuration.hpp"
#include "runs/run_inputs.hpp"

namespace hysteron {

/// Carries out a configuration: builds, initializes, trains and evaluates. All vectors have one entry per replica. The
/// derived class says how to train.
template <class Real>
class TrainingRun {
 public:
  using End = TrainingEnd;

  virtual ~TrainingRun() = default;

  /// Makes the networks ready. Not to be called on a resumed run.
  virtual void initialize() = 0;

  /// Puts a stopped run back to where it was. Throws a data error for a checkpoint that is damaged, a usage error for
  /// one of other inputs or another configuration. A configuration is the SHA-256 of its file.
  void restore(const std::filesystem::path& checkpoint_folder, const std::string& configuration);
  /// configurations: those that may go on from it.
  void write_checkpoint(const std::filesystem::path& checkpoint_folder, const std::vector<std::string>& configurations);

  /// What it has read: the files of the task, then that of the weights it starts from.
  const std::vector<RunInput>& inputs() const { return inputs_; }

  virtual End train(const std::function<bool()>& stop_requested, const std::function<void()>& checkpoint) = 0;

  /// After training: what the best weights achieve. Folder, device and seconds are left to the caller.
  virtual RunResult evaluate_best() = 0;

  Model<Real>& model() { return model_; }
  virtual std::int64_t update() const = 0;  ///< gradient steps done
  const std::vector<std::uint64_t>& seeds() const { return seeds_; }

 protected:
  /// All arguments must outlive this object; the configuration is finished (configure).
  TrainingRun(Backend& backend, const Settings& settings, const Configuration& configuration, Journal& journal);

  void initialize_on(const Sequences& sequences, const Objective& objective = {});
  virtual void write_state(const std::filesystem::path& file) = 0;
  virtual void read_state(const std::filesystem::path& file) = 0;

  /// The part of the result that does not depend on how the run learns. vaa: with the weights that are kept.
  RunResult result_without_scores(const std::vector<double>& vaa,
                                  const std::vector<std::optional<Failure>>& failures) const;
  /// VAA of the model as it is; empty if it is not to be measured.
  Multistability measured(const Sequences& sequences);

  const Settings* settings_;
  const Configuration* configuration_;
  Journal* journal_;
  std::vector<std::uint64_t> seeds_;
  Prepared initialized_;
  std::string lost_;  ///< what single precision loses of the data; empty: nothing to speak of
  TaskData data_;
  std::vector<RunInput> inputs_;
  Model<Real> model_;
};

/// The run that the configuration's task asks for. All must outlive it; the configuration is finished (configure).
template <class Real>
std::unique_ptr<TrainingRun<Real>> training_run(Backend& backend, const Settings& settings,
                                                const Configuration& configuration, Journal& journal);

extern template class TrainingRun<float>;
extern template class TrainingRun<double>;

}  // namespace hysteron
