#pragma once
#include <cstdint>
#include <functional>

#include <hysteron/trainer.hpp>

namespace hysteron {

/// How often a trainer pauses to look at what it trains, in its own rounds: gradient steps, or episodes. 0: never.
struct TrainingRhythm {
  std::int64_t rounds = 0;  ///< in total
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

/// Runs round after round until all are done, every replica has failed, or stop_requested asks for a stop after a
/// round. Evaluates before the first round and, whatever the rhythm, after the last. checkpoint is called when the
/// state is worth keeping, and before returning.
TrainingEnd run_training(const TrainingRhythm& rhythm, const TrainingRounds& training,
                         const std::function<bool()>& stop_requested, const std::function<void()>& checkpoint);

}  // namespace hysteron
