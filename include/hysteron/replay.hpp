#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <hysteron/environment.hpp>
#include <hysteron/sequences.hpp>

namespace hysteron {

/// Each replica's experience: its latest `capacity` transitions, from whole episodes. The inputs of an episode are
/// stored once, however many transitions look back on them: a transition is an episode and a step.
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

  /// Adds the transitions of an episode in place of the replica's oldest. Returns where the episode is stored.
  int add(int replica, const Episode& episode);

  int capacity() const { return capacity_; }
  /// The number of a replica's transitions, at most the capacity.
  int count(int replica) const { return static_cast<int>(at(replica).transitions.size()); }
  /// number: 0 .. count - 1, from the oldest to the latest.
  const Transition& transition(int replica, int number) const;
  /// The episodes of its transitions, from the oldest to the latest: added to an empty replay in this order, they give
  /// the same transitions again.
  std::vector<Episode> episodes(int replica) const;

  int steps() const { return environment_->horizon() + 1; }  ///< inputs of the longest episode
  /// [stored episodes, steps, input_size]. Some may belong to no replica any more: their places are reused.
  const std::vector<float>& inputs() const { return inputs_; }
  int input_size() const { return hysteron::input_size(*environment_); }

  /// Each replica's histories: what had been seen before each transition's action. Throws a defect unless every
  /// replica's part is full.
  Sequences histories() const;

 private:
  struct Stored {
    Episode episode;
    int transitions = 0;  ///< the number still in use
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

/// Fills every replica's part with episodes of the exploring policy, from the replica's own seed.
void explore(Replay& replay, const Environment& environment, std::span<const std::uint64_t> seeds);

/// The histories of `capacity` explored transitions for each replica: the contents of its replay before training.
Sequences histories_of_exploration(const Environment& environment, std::span<const std::uint64_t> seeds, int capacity);

/// An action with the probabilities of the exploring policy; drawn: uniform in [0, 1).
int exploring_action(const Environment& environment, double drawn);

}  // namespace hysteron
