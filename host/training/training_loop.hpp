#pragma once
#include <cstdint>
#include <functional>

#include <hysteron/trainer.hpp>

namespace hysteron {

/// When a trainer stops to look at what it trains, in rounds of its own: gradient steps, or episodes. 0: never.
struct TrainingRhythm {
  std::int64_t rounds = 0;  ///< in all
  std::int64_t evaluate_every = 0;
  std::int64_t vaa_every = 0;
  std::int64_t checkpoint_every = 0;  ///< 0: after each evaluation
};

/// What differs from trainer to trainer.
struct TrainingRounds {
  std::function<std::int64_t()> done;  ///< rounds
  std::function<bool()> every_replica_failed;
  std::function<void()> round, evaluate, measure_vaa, tell_progress;
};

/// Round after round until all are done, every replica has failed, or stop_requested says so after a round. Looks
/// before the first round and, whatever the rhythm, after the last. checkpoint is called when the state is worth
/// keeping, and before the return.
TrainingEnd run_training(const TrainingRhythm& rhythm, const TrainingRounds& training,
                         const std::function<bool()>& stop_requested, const std::function<void()>& checkpoint);

}  // namespace hysteron
