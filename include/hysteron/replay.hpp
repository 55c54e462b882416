#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <hysteron/environment.hpp>
#include <hysteron/sequences.hpp>

namespace hysteron {

/// What each replica has lived through: its latest `capacity` transitions, of whole episodes. What an episode looked
/// like is stored once, however many transitions look back on it: a transition is an episode and a step.
class Replay {
 public:
  /// At step t of an episode, where inputs 0 .. t have been seen, `action` was taken.
  struct Transition {
    int stored = 0;  ///< which of the stored episodes, among inputs()
    int step = 0;    ///< t
    int action = 0;
    double reward = 0;
    bool ended = false;  ///< nothing comes after
  };

  /// The environment must outlive this.
  Replay(const Environment& environment, int replicas, int capacity);

  /// Adds the transitions of an episode, in the place of the replica's oldest. Returns where the episode is stored.
  int add(int replica, const Episode& episode);

  int capacity() const { return capacity_; }
  /// Transitions of a replica, capacity at most.
  int count(int replica) const { return static_cast<int>(at(replica).transitions.size()); }
  /// number: 0 .. count - 1, from the oldest to the latest.
  const Transition& transition(int replica, int number) const;
  /// The episodes that its transitions are of, from the oldest to the latest: added in this order to an empty replay,
  /// they give the same transitions again.
  std::vector<Episode> episodes(int replica) const;

  int steps() const { return environment_->horizon() + 1; }  ///< inputs of the longest episode
  /// [stored episodes, steps, input_size]. Some may be of no replica: their places are taken again.
  const std::vector<float>& inputs() const { return inputs_; }
  int input_size() const { return hysteron::input_size(*environment_); }

  /// Each replica's histories: what had been seen before each transition's action. All must be full.
  Sequences histories() const;

 private:
  struct Stored {
    Episode episode;
    int transitions = 0;  ///< that are still of use
  };
  struct Own {
    std::vector<Transition> transitions;  ///< a ring once it is full
    std::size_t oldest = 0;
  };

  const Own& at(int replica) const { return own_[static_cast<std::size_t>(replica)]; }
  int place();
  void remember(Own& own, const Transition& transition);

  const Environment* environment_;
  int capacity_;
  std::vector<Own> own_;        // [replicas]
  std::vector<Stored> stored_;  // of all replicas
  std::vector<int> free_;
  std::vector<float> inputs_;
};

/// Fills every replica's part with episodes of the policy that explores, from its own seed.
void explore(Replay& replay, const Environment& environment, std::span<const std::uint64_t> seeds);

/// The histories of `capacity` explored transitions for each replica: what its replay holds before training.
Sequences histories_of_exploration(const Environment& environment, std::span<const std::uint64_t> seeds, int capacity);

/// An action with the chances of the policy that explores; drawn: uniform in [0, 1).
int exploring_action(const Environment& environment, double drawn);

}  // namespace hysteron
