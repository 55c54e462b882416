// The replay: which transitions it remembers, that episodes are stored once, its histories, and batches of them.
#include <algorithm>
#include <memory>
#include <numeric>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/batches.hpp>
#include <hysteron/random.hpp>
#include <hysteron/replay.hpp>

#include "attractors/prefixes.hpp"
#include "tests/made_task.hpp"
#include "tests/network.hpp"

namespace hysteron {
namespace {

std::shared_ptr<const Environment> maze(int length) {
  return made_task("t_maze", {{"task.length", std::to_string(length)}}).environment;
}

struct Seen {
  std::vector<float> before, after;  // what a network has read before and after the action
  int action;
  double reward;
  bool ended;
  friend bool operator==(const Seen&, const Seen&) = default;
  friend void PrintTo(const Seen& seen, std::ostream* to) { *to << seen.before.size() << " read, " << seen.action; }
};

std::vector<Seen> transitions_of(const Environment& environment, const Episode& episode) {
  const std::vector<float> inputs = inputs_of(environment, episode);
  const std::ptrdiff_t size = input_size(environment);
  std::vector<Seen> all;
  for (std::ptrdiff_t t = 0; t < episode.steps(); ++t)
    all.push_back({{inputs.begin(), inputs.begin() + (t + 1) * size},
                   {inputs.begin(), inputs.begin() + (t + 2) * size},
                   episode.actions[static_cast<std::size_t>(t)],
                   episode.rewards[static_cast<std::size_t>(t)],
                   episode.ended && t + 1 == episode.steps()});
  return all;
}

std::vector<Seen> remembered(const Replay& replay, int replica) {
  std::vector<Seen> all;
  const std::ptrdiff_t size = replay.input_size(), stored = std::ptrdiff_t(replay.steps()) * size;
  for (int number = 0; number < replay.count(replica); ++number) {
    const Replay::Transition& found = replay.transition(replica, number);
    const auto from = replay.inputs().begin() + found.stored * stored;
    all.push_back({{from, from + (found.step + 1) * size},
                   {from, from + (found.step + 2) * size},
                   found.action,
                   found.reward,
                   found.ended});
  }
  return all;
}

Episode drawn_episode(const Environment& environment, std::uint64_t seed) {
  Random random(seed, Stream::test_of_library);
  const auto start = static_cast<int>(random.below(environment.starts()));
  std::vector<int> actions;
  const std::int64_t steps = 1 + random.below(environment.horizon());
  while (static_cast<std::int64_t>(actions.size()) < steps) {
    actions.push_back(static_cast<int>(random.below(4)));
    if (episode_of(environment, start, actions).ended) break;
  }
  return episode_of(environment, start, actions);
}

// Compared with a plain list of transitions that drops the oldest: capacities smaller and larger than an episode.
TEST(Replay, RemembersTheLatestTransitionsOfEachReplica) {
  const auto environment = maze(3);
  for (const int capacity : {1, 3, 20, 50}) {
    Replay replay(*environment, 2, capacity);
    std::vector<std::vector<Seen>> right_ones(2);
    for (std::uint64_t n = 0; n < 120; ++n) {
      const int replica = n % 3 == 0 ? 1 : 0;
      const Episode episode = drawn_episode(*environment, n);
      replay.add(replica, episode);
      std::vector<Seen>& list = right_ones[static_cast<std::size_t>(replica)];
      for (Seen& seen : transitions_of(*environment, episode)) list.push_back(std::move(seen));
      if (static_cast<int>(list.size()) > capacity) list.erase(list.begin(), list.end() - capacity);
      for (const int r : {0, 1}) ASSERT_EQ(remembered(replay, r), right_ones[static_cast<std::size_t>(r)]) << n;
    }
    // Added again in order, its episodes give the same transitions.
    Replay again(*environment, 2, capacity);
    for (const int r : {0, 1})
      for (const Episode& episode : replay.episodes(r)) again.add(r, episode);
    for (const int r : {0, 1}) EXPECT_EQ(remembered(again, r), remembered(replay, r));
  }
}

// 1000 episodes went through a replay of 40 transitions: it takes room for those it remembers, not for all.
TEST(Replay, StoresAnEpisodeOnceAndTakesItsPlaceAgain) {
  const auto environment = maze(3);
  Replay replay(*environment, 1, 40);
  for (std::uint64_t n = 0; n < 1000; ++n) replay.add(0, drawn_episode(*environment, n));
  const std::size_t episode_size = static_cast<std::size_t>(replay.steps() * replay.input_size());
  EXPECT_LE(replay.inputs().size() / episode_size, 64u);  // at most 40 of one step, and the next one, doubled
  std::set<int> stored;
  for (int number = 0; number < replay.count(0); ++number) stored.insert(replay.transition(0, number).stored);
  EXPECT_EQ(stored.size(), replay.episodes(0).size());
}

TEST(Replay, WithoutRoomIsRefused) {
  const auto environment = maze(3);
  EXPECT_THROW(Replay(*environment, 1, 0), Error);
  const Replay empty(*environment, 1, 5);
  EXPECT_THROW(empty.histories(), Error);
}

TEST(Exploration, FillsEveryReplicaFromItsOwnSeed) {
  const auto environment = maze(4);
  const std::vector<std::uint64_t> seeds{5, 6};
  Replay both(*environment, 2, 300), second(*environment, 1, 300);
  explore(both, *environment, seeds);
  explore(second, *environment, std::vector<std::uint64_t>{6});
  EXPECT_EQ(both.count(0), 300);
  EXPECT_EQ(both.count(1), 300);
  EXPECT_EQ(remembered(both, 1), remembered(second, 0));
  EXPECT_NE(remembered(both, 0), remembered(both, 1));
  for (const Episode& episode : both.episodes(0)) {
    EXPECT_LE(episode.steps(), environment->horizon());
    EXPECT_TRUE(episode.ended || episode.steps() == environment->horizon());
  }
}

// Five standard deviations of a binomial.
TEST(Exploration, GoesRightHalfOfTheTime) {
  const auto environment = maze(50);
  Replay replay(*environment, 1, 8000);
  explore(replay, *environment, std::vector<std::uint64_t>{1});
  std::vector<double> counts(4), starts(2);
  for (int n = 0; n < 8000; ++n) ++counts[static_cast<std::size_t>(replay.transition(0, n).action)];
  const std::vector<double> chances{1.0 / 2, 1.0 / 6, 1.0 / 6, 1.0 / 6};
  for (std::size_t a = 0; a < 4; ++a)
    EXPECT_NEAR(counts[a], 8000 * chances[a], 5 * std::sqrt(8000 * chances[a] * (1 - chances[a]))) << a;
  EXPECT_EQ(exploring_action(*environment, 0), 0);
  EXPECT_EQ(exploring_action(*environment, 0.49), 0);
  EXPECT_EQ(exploring_action(*environment, 0.51), 1);
  EXPECT_EQ(exploring_action(*environment, 0.7), 2);
  EXPECT_EQ(exploring_action(*environment, 0.99), 3);
  EXPECT_EQ(exploring_action(*environment, 1 - 1e-16), 3);
}

// What a network is prepared on: each history as if it were the only one.
TEST(Histories, AreWhatWasSeenBeforeEachAction) {
  const auto environment = maze(3);
  const std::vector<std::uint64_t> seeds{1, 2, 3};
  const Sequences histories = histories_of_exploration(*environment, seeds, 60);
  EXPECT_EQ(histories.count, 60);
  EXPECT_EQ(histories.owners, 3);
  EXPECT_EQ(histories.features, 9);
  EXPECT_EQ(histories.total_steps(), environment->horizon() + 1);
  Replay replay(*environment, 3, 60);
  explore(replay, *environment, seeds);

  const std::unique_ptr<Backend> backend = make_backend("cpu", 1);
  Batches<float> batches(*backend, histories, 3, 4);
  const Prefixes drawn = draw_prefixes(histories, seeds, 4, Stream::warm_up_batch, Stream::warm_up_prefix, 7);
  for (const bool own_lengths : {true, false}) {
    const Batch<float> batch =
        own_lengths ? batches.gather(drawn.indices, drawn.lengths) : batches.gather(drawn.indices);
    for (int replica = 0; replica < 3; ++replica) {
      const std::vector<Seen> all = remembered(replay, replica);
      for (int b = 0; b < 4; ++b) {
        const std::size_t n = static_cast<std::size_t>(4 * replica + b);
        ASSERT_GE(drawn.indices[n], 60 * replica);
        ASSERT_LT(drawn.indices[n], 60 * (replica + 1));
        const std::vector<float>& before = all[static_cast<std::size_t>(drawn.indices[n] - 60 * replica)].before;
        ASSERT_EQ(batch.lengths[n], static_cast<int>(before.size()) / 9);
        for (int step = 0; step < batch.lengths[n]; ++step)
          for (int feature = 0; feature < 9; ++feature)
            EXPECT_EQ(batch.inputs.at(replica, 4 * step + b)[feature],
                      before[static_cast<std::size_t>(9 * step + feature)]);
      }
    }
  }
  EXPECT_THROW(slice(histories, 0, 10), Error);
}

TEST(Histories, ASliceKeepsWhatIsStoredOnce) {
  const Sequences all = {.count = 3,
                         .steps = 2,
                         .features = 1,
                         .inputs = {1, 2, 3, 4},
                         .stored = {1, 0, 1},
                         .lengths = {1, 2, 2},
                         .targets = {},
                         .labels = {}};
  const Sequences part = slice(all, 1, 2);
  EXPECT_EQ(part.count, 2);
  EXPECT_EQ(part.inputs, all.inputs);
  EXPECT_EQ(part.stored, (std::vector<int>{0, 1}));
  EXPECT_EQ(part.lengths, (std::vector<int>{2, 2}));
}

}  // namespace
}  // namespace hysteron
