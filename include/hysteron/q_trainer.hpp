#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <hysteron/environment.hpp>
#include <hysteron/journal.hpp>
#include <hysteron/model.hpp>
#include <hysteron/multistability.hpp>
#include <hysteron/optimization.hpp>
#include <hysteron/replay.hpp>
#include <hysteron/rollouts.hpp>
#include <hysteron/trainer.hpp>
#include <hysteron/unrolled.hpp>

namespace hysteron {

/// The defaults are those of Lambrechts et al. 2023 (arXiv 2106.01001) for their T-Maze.
struct QTrainerOptions {
  std::int64_t episodes = 2000;
  int updates_per_episode = 10;             ///< gradient steps after each episode
  int batch = 32;                           ///< transitions in a gradient step
  int replay = 8192;                        ///< transitions that a replica remembers
  std::int64_t target_every = 20;           ///< episodes after which the target network is renewed
  double epsilon = 0.2;                     ///< the probability that an action is the exploring policy's
  std::vector<double> learning_rates = {};  ///< [replicas]
  AdamOptions adam = {};
  std::int64_t evaluate_every = 20;   ///< episodes
  std::int64_t vaa_every = 0;         ///< episodes; 0: never
  std::int64_t checkpoint_every = 0;  ///< episodes; 0: after each evaluation
  MeasureOptions measure = {};        ///< for the VAA
};

/// How good each replica's greedy policy is: means over all starts of the environment.
struct PolicyEvaluation {
  std::vector<double> returns = {};             ///< the mean sum of rewards
  std::vector<double> discounted_returns = {};  ///< the same, discounted
  std::vector<unsigned char> optimal = {};      ///< whether it reaches the largest discounted sum from every start
};

/// Plays one episode from each start. One entry a replica.
template <class Real>
PolicyEvaluation evaluate_policy(Model<Real>& model, const Environment& environment);

/// What is known of a replica's policy over the course of its training. An episode is -1 where there is none.
struct PolicyRecord {
  double last_return = std::numeric_limits<double>::quiet_NaN();             ///< of the latest evaluation
  double best_return = std::numeric_limits<double>::quiet_NaN();             ///< of the best, whose weights are kept
  double best_discounted_return = -std::numeric_limits<double>::infinity();  ///< which decides what is best; of equal
                                                                             ///< ones the latest
  std::int64_t best_episode = -1;
  std::int64_t first_optimal_episode = -1;  ///< of the first evaluation that found it optimal
  std::int64_t optimal_episode = -1;        ///< since which every evaluation has found it optimal
};

/// Everything needed to go on bit for bit; draws depend only on seeds and counts.
template <class Real>
struct QTrainerState : OptimizationState<Real> {
  std::int64_t episode = 0;
  std::vector<PolicyRecord> records = {};           ///< [replicas]
  std::vector<Real> target = {};                    ///< [replicas, size]
  std::vector<std::vector<Episode>> episodes = {};  ///< [replicas]: the contents of the replay, oldest first
};

/// Q-learning with a recurrent network (Hausknecht & Stone 2015, arXiv 1507.06527; Mnih et al. 2015): for a population,
/// each replica with its own replay and exploration. Before each action the network has read everything that the
/// episode has shown so far, and gives every action a value Q. After each episode, a few gradient steps minimize
///
///   (Q(history, action) - (reward + discount max_a Q'(history after it, a)))^2
///
/// over transitions of the replay, where Q' is a copy of the network that is renewed from time to time; where the
/// episode ends, only the reward counts.
template <class Real>
class QTrainer {
 public:
  using End = TrainingEnd;

  /// Fills the replay with episodes of the exploring policy. environment, journal and model must outlive this.
  QTrainer(Model<Real>& model, const Environment& environment, std::span<const std::uint64_t> seeds,
           QTrainerOptions options, Journal& journal);

  /// Takes the model's present weights as those to start from. Call it once they are initialized.
  void start();
  /// Trains until all episodes are played, every replica has failed, or stop_requested returns true after an episode.
  /// checkpoint is called whenever the state is worth keeping, and before returning.
  End run(
      const std::function<bool()>& stop_requested = [] { return false; },
      const std::function<void()>& checkpoint = [] {});

  /// Puts the weights of each replica's best evaluation into the model.
  void take_best() { optimization_.take_best(); }

  QTrainerState<Real> state();
  void restore(const QTrainerState<Real>& state);

  const Replay& replay() const { return *replay_; }
  std::int64_t episode() const { return episode_; }
  std::int64_t update() const { return optimization_.update(); }
  const std::vector<double>& train_loss() const { return optimization_.train_loss(); }  ///< between evaluations
  const std::vector<PolicyRecord>& records() const { return records_; }
  const std::vector<std::optional<Failure>>& failures() const { return optimization_.failures(); }

 private:
  void play_episodes();
  void one_update();
  void evaluate();
  void measure_vaa();
  void remember(int replica, const Episode& episode);
  void upload_replay();

  Model<Real>* model_;
  Operations<Real>* operations_;
  const Environment* environment_;
  std::vector<std::uint64_t> seeds_;
  QTrainerOptions options_;
  Journal* journal_;
  std::unique_ptr<Replay> replay_;
  Model<Real> target_;
  Unrolled<Real> unrolled_, target_unrolled_;
  Rollouts<Real> playing_;
  Optimization<Real> optimization_;
  Tensor<Real> stored_;         // the replay's inputs
  Tensor<Real> inputs_;         // [replicas, steps * batch, input_size]
  Tensor<int> indices_;         // [replicas, batch]
  Tensor<int> before_, after_;  // [replicas, batch]: inputs seen before an action, and after it

  std::int64_t episode_ = 0;
  std::vector<PolicyRecord> records_;
};

extern template class QTrainer<float>;
extern template class QTrainer<double>;

}  // namespace hysteron
