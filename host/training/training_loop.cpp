#include "training/training_loop.hpp"

namespace hysteron {

TrainingEnd run_training(const TrainingRhythm& rhythm, const TrainingRounds& training,
                         const std::function<bool()>& stop_requested, const std::function<void()>& checkpoint) {
  const auto due = [&](std::int64_t every) { return every > 0 && training.done() % every == 0; };
  const auto over = [&] { return training.done() >= rhythm.rounds || training.every_replica_failed(); };
  if (training.done() == 0) {
    if (rhythm.vaa_every > 0) training.measure_vaa();
    training.evaluate();
  }
  while (!over()) {
    training.round();
    const bool last = over(), evaluates = last || due(rhythm.evaluate_every);
    if (due(rhythm.vaa_every)) training.measure_vaa();
    if (evaluates) training.evaluate();
    training.tell_progress();
    if (rhythm.checkpoint_every > 0 ? due(rhythm.checkpoint_every) : evaluates && !last) checkpoint();
    if (!last && stop_requested()) {
      checkpoint();
      return TrainingEnd::stopped;
    }
  }
  checkpoint();
  return TrainingEnd::finished;
}

}  // namespace hysteron
