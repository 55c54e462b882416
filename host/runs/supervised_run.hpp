#pragma once
#include "runs/training_run.hpp"

namespace hysteron {

/// Training on sequences with targets: the weights that did best in validation are tested on the test set.
template <class Real>
class SupervisedRun final : public TrainingRun<Real> {
 public:
  using typename TrainingRun<Real>::End;

  /// As TrainingRun.
  SupervisedRun(Backend& backend, const Settings& settings, const Configuration& configuration, Journal& journal);

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
  /// A class that training never sees, or that nothing tests, is not to go unnoticed.
  void warn_of_absent_classes();
  /// Records the event "memory" for every replica: memory_capacity.hpp, on the first of the training sequences.
  void measure_memory_now(const char* when);
  /// None if there is no level to reach.
  std::optional<bool> solved(const Evaluation& test, std::size_t replica) const;

  Trainer<Real> trainer_;
};

extern template class SupervisedRun<float>;
extern template class SupervisedRun<double>;

}  // namespace hysteron
