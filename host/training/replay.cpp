#include <algorithm>
#include <string>

#include <hysteron/error.hpp>
#include <hysteron/random.hpp>
#include <hysteron/replay.hpp>

namespace hysteron {

Replay::Replay(const Environment& environment, int replicas, int capacity)
    : environment_(&environment), capacity_(capacity), own_(replicas) {
  if (capacity < 1)
    throw usage_error({.what = "a replay without room",
                       .expected = "a capacity of 1 transition or more",
                       .found = std::to_string(capacity)});
}

// A place for an episode: one that is free again, or the first new one after the number of places has been doubled.
int Replay::place() {
  if (free_.empty()) {
    const std::size_t before = stored_.size(), after = std::max<std::size_t>(16, 2 * before);
    stored_.resize(after);
    inputs_.resize(after * steps() * input_size());
    for (std::size_t fresh = after; fresh > before; --fresh) free_.push_back(static_cast<int>(fresh - 1));
  }
  const int taken = free_.back();
  free_.pop_back();
  return taken;
}

void Replay::remember(Own& own, const Transition& transition) {
  if (static_cast<int>(own.transitions.size()) < capacity_) {
    own.transitions.push_back(transition);
    return;
  }
  Transition& oldest = own.transitions[own.oldest];
  if (--stored_[oldest.stored].transitions == 0) free_.push_back(oldest.stored);
  oldest = transition;
  own.oldest = (own.oldest + 1) % own.transitions.size();
}

int Replay::add(int replica, const Episode& episode) {
  const int taken = place();
  stored_[taken] = {episode, episode.steps()};
  const std::ptrdiff_t size = std::ptrdiff_t(steps()) * input_size();
  const std::vector<float> inputs = inputs_of(*environment_, episode);
  const auto to = inputs_.begin() + taken * size;
  std::fill(std::copy(inputs.begin(), inputs.end(), to), to + size, 0.0f);
  for (int step = 0; step < episode.steps(); ++step) {
    remember(own_[replica], {.stored = taken,
                             .step = step,
                             .action = episode.actions[step],
                             .reward = episode.rewards[step],
                             .ended = episode.ended && step + 1 == episode.steps()});
  }
  return taken;
}

const Replay::Transition& Replay::transition(int replica, int number) const {
  const Own& own = at(replica);
  return own.transitions[(own.oldest + number) % own.transitions.size()];
}

std::vector<Episode> Replay::episodes(int replica) const {
  std::vector<Episode> all;
  int last = -1;
  for (int number = 0; number < count(replica); ++number) {
    const int stored = transition(replica, number).stored;
    if (stored != last) all.push_back(stored_[stored].episode);
    last = stored;
  }
  return all;
}

Sequences Replay::histories() const {
  for (int replica = 0; replica < static_cast<int>(own_.size()); ++replica)
    if (count(replica) < capacity_)
      throw defect({.what = "the histories of a replay that is not full",
                    .expected = std::to_string(capacity_) + " transitions",
                    .found = std::to_string(count(replica))});
  Sequences histories{.count = capacity_,
                      .steps = steps(),
                      .features = input_size(),
                      .inputs = inputs_,
                      .stored = {},
                      .owners = static_cast<int>(own_.size()),
                      .lengths = {},
                      .targets = {},
                      .labels = {}};
  for (int replica = 0; replica < histories.owners; ++replica) {
    for (int number = 0; number < capacity_; ++number) {
      const Transition& seen = transition(replica, number);
      histories.stored.push_back(seen.stored);
      histories.lengths.push_back(seen.step + 1);
    }
  }
  return histories;
}

void explore(Replay& replay, const Environment& environment, std::span<const std::uint64_t> seeds) {
  for (std::size_t r = 0; r < seeds.size(); ++r) {
    const int replica = static_cast<int>(r);
    for (std::uint64_t number = 0; replay.count(replica) < replay.capacity(); ++number) {
      Random random(seeds[r], Stream::exploration, number);
      const auto start = static_cast<int>(random.below(environment.starts()));
      int state = environment.start(start);
      std::vector<int> actions;
      for (bool ended = false; !ended && static_cast<int>(actions.size()) < environment.horizon();) {
        actions.push_back(exploring_action(environment, random.uniform()));
        const Environment::Outcome outcome = environment.act(state, actions.back());
        state = outcome.state;
        ended = outcome.ended;
      }
      replay.add(replica, episode_of(environment, start, actions));
    }
  }
}

Sequences histories_of_exploration(const Environment& environment, std::span<const std::uint64_t> seeds, int capacity) {
  Replay replay(environment, static_cast<int>(seeds.size()), capacity);
  explore(replay, environment, seeds);
  return replay.histories();
}

int exploring_action(const Environment& environment, double drawn) {
  const std::vector<double>& chances = environment.exploration();
  for (std::size_t action = 0; action + 1 < chances.size(); ++action) {
    if (drawn < chances[action]) return static_cast<int>(action);
    drawn -= chances[action];
  }
  return static_cast<int>(chances.size()) - 1;
}

}  // namespace hysteron
