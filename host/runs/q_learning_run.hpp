#pragma once
#include <hysteron/q_trainer.hpp>

#include "runs/training_run.hpp"

namespace hysteron {

/// Training in an environment: the network is made ready on the histories of the replay, and the weights of the best
/// evaluation are kept.
template <class Real>
class QLearningRun final : public TrainingRun<Real> {
 public:
  using typename TrainingRun<Real>::End;

  /// As TrainingRun.
  QLearningRun(Backend& backend, const Settings& settings, const Configuration& configuration, Journal& journal);

  void initialize() override;
  End train(const std::function<bool()>& stop_requested, const std::function<void()>& checkpoint) override {
    return trainer_.run(stop_requested, checkpoint);
  }
  RunResult evaluate_best() override;
  std::int64_t update() const override { return trainer_.update(); }

 private:
  using TrainingRun<Real>::data_;
  using TrainingRun<Real>::model_;

  void write_state(const std::filesystem::path& file) override;
  void read_state(const std::filesystem::path& file) override;

  QTrainer<Real> trainer_;
};

extern template class QLearningRun<float>;
extern template class QLearningRun<double>;

}  // namespace hysteron
