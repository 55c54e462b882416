// The T-Maze case by case: transitions, rewards, observations, the horizon, what can be reached; and what a network
// reads from an episode.
#include <array>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/environment.hpp>

#include "tests/made_task.hpp"

namespace hysteron {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int right = 0, up = 1, left = 2, down = 3;
constexpr int goal_up = 0, goal_down = 1;

std::shared_ptr<const Environment> maze(int length) {
  return made_task("t_maze", {{"task.length", std::to_string(length)}}).environment;
}

std::vector<float> seen(const Environment& environment, int state) {
  std::vector<float> observation(static_cast<std::size_t>(environment.observation_size()));
  environment.observe(state, observation);
  return observation;
}

// The state after this many steps to the right.
int cell(const Environment& environment, int goal, int steps) {
  int state = environment.start(goal);
  for (int n = 0; n < steps; ++n) state = environment.act(state, right).state;
  return state;
}

const std::vector<float> sees_up{1, 0, 0, 0}, sees_down{0, 1, 0, 0}, sees_corridor{0, 0, 1, 0},
    sees_junction{0, 0, 0, 1};

TEST(TMaze, IsATaskToActIn) {
  const auto task = Registry<Task>::make("t_maze");
  EXPECT_EQ(task->learning(), Learning::reinforcement);
  EXPECT_EQ(Registry<Task>::make("denoising")->learning(), Learning::supervised);
  const TaskData data = made_task("t_maze", {});
  ASSERT_TRUE(data.environment);
  EXPECT_EQ(data.outputs, 4);
  EXPECT_EQ(data.train.count, 0);
  EXPECT_EQ(data.environment->actions(), 4);
  EXPECT_EQ(data.environment->observation_size(), 4);
  EXPECT_EQ(data.environment->starts(), 2);
  EXPECT_EQ(data.environment->discount(), 0.98);
  EXPECT_THAT(data.environment->exploration(), ElementsAre(1.0 / 2, 1.0 / 6, 1.0 / 6, 1.0 / 6));
  for (const char* length : {"1", "0", "-3", "100001", "ten"})
    EXPECT_EQ(error_of_task("t_maze", {{"task.length", length}}).kind(), ErrorKind::usage) << length;
}

TEST(TMaze, TheFirstCellAloneShowsTheGoal) {
  for (const int length : {2, 3, 10}) {
    const auto environment = maze(length);
    for (const int goal : {goal_up, goal_down}) {
      EXPECT_EQ(seen(*environment, cell(*environment, goal, 0)), goal == goal_up ? sees_up : sees_down);
      for (int n = 1; n < length; ++n) EXPECT_EQ(seen(*environment, cell(*environment, goal, n)), sees_corridor) << n;
      const int junction = cell(*environment, goal, length);
      EXPECT_EQ(seen(*environment, junction), sees_junction);
      for (const int arm : {up, down})
        EXPECT_EQ(seen(*environment, environment->act(junction, arm).state), sees_junction);
    }
  }
}

// Every action in every cell, from the definition.
TEST(TMaze, EveryTransitionAndRewardIsThatOfItsDefinition) {
  for (const int length : {2, 3, 10}) {
    const auto environment = maze(length);
    const auto expect = [&](int goal, int from, int action, int to, double reward) {
      const Environment::Outcome found = environment->act(cell(*environment, goal, from), action);
      EXPECT_EQ(found.state, cell(*environment, goal, to)) << "cell " << from << ", action " << action;
      EXPECT_EQ(found.reward, reward) << "cell " << from << ", action " << action;
      EXPECT_FALSE(found.ended);
    };
    for (const int goal : {goal_up, goal_down}) {
      for (int n = 0; n < length; ++n) {
        EXPECT_NE(cell(*environment, goal, n), cell(*environment, goal, n + 1));
        expect(goal, n, right, n + 1, 0);
        expect(goal, n, up, n, -0.1);
        expect(goal, n, down, n, -0.1);
        if (n == 0)
          expect(goal, n, left, n, -0.1);
        else
          expect(goal, n, left, n - 1, 0);
      }
      expect(goal, length, right, length, -0.1);
      expect(goal, length, left, length - 1, 0);
      const int junction = cell(*environment, goal, length);
      const Environment::Outcome above = environment->act(junction, up), below = environment->act(junction, down);
      EXPECT_EQ(above.reward, goal == goal_up ? 4 : -0.1);
      EXPECT_EQ(below.reward, goal == goal_down ? 4 : -0.1);
      EXPECT_NE(above.state, below.state);
      for (const Environment::Outcome& arm : {above, below}) {
        EXPECT_TRUE(arm.ended);
        for (int action = 0; action < 4; ++action) {  // nothing more happens
          const Environment::Outcome after = environment->act(arm.state, action);
          EXPECT_EQ(after.state, arm.state);
          EXPECT_EQ(after.reward, 0);
          EXPECT_TRUE(after.ended);
        }
      }
    }
    std::set<int> states;
    for (const int goal : {goal_up, goal_down})
      for (int n = 0; n <= length; ++n) states.insert(cell(*environment, goal, n));
    EXPECT_EQ(states.size(), 2u * static_cast<std::size_t>(length + 1)) << "two cells are one state";
  }
}

TEST(TMaze, TheHorizonIsThreeLengthsLessOne) {
  for (const int length : {2, 10, 200}) EXPECT_EQ(maze(length)->horizon(), 3 * length - 1);
}

// The largest discounted sum of rewards over the horizon, by dynamic programming over the states: that of the shortest
// path. Without discounting it is the treasure, or half the treasure plus half the wrong arm for an agent that cannot
// remember.
TEST(TMaze, TheBestReturnIsThatOfTheShortestPath) {
  for (const int length : {2, 3, 10, 50}) {
    const auto environment = maze(length);
    std::vector<double> value(static_cast<std::size_t>(2 * (length + 3)));
    for (int step = 0; step < environment->horizon(); ++step) {
      std::vector<double> before(value.size(), -1e9);
      for (int state = 0; state < static_cast<int>(value.size()); ++state) {
        for (int action = 0; action < 4; ++action) {
          const Environment::Outcome outcome = environment->act(state, action);
          const double after = outcome.ended ? 0 : value[static_cast<std::size_t>(outcome.state)];
          double& best = before[static_cast<std::size_t>(state)];
          best = std::max(best, outcome.reward + environment->discount() * after);
        }
      }
      value = before;
    }
    for (const int goal : {goal_up, goal_down}) {
      EXPECT_NEAR(environment->best_discounted_return(goal), value[static_cast<std::size_t>(environment->start(goal))],
                  1e-12);
      std::vector<int> path(static_cast<std::size_t>(length), right);
      path.push_back(goal == goal_up ? up : down);
      const Episode shortest = episode_of(*environment, goal, path);
      EXPECT_TRUE(shortest.ended);
      EXPECT_EQ(shortest.sum_of_rewards(1), environment->best_return());
      EXPECT_NEAR(shortest.sum_of_rewards(environment->discount()), environment->best_discounted_return(goal), 1e-12);
      path.insert(path.begin(), {right, left});  // two steps more: only time is lost
      const Episode longer = episode_of(*environment, goal, path);
      EXPECT_EQ(longer.sum_of_rewards(1), environment->best_return());
      EXPECT_LT(longer.sum_of_rewards(environment->discount()), environment->best_discounted_return(goal) - 1e-3);
    }
    EXPECT_EQ(environment->best_return(), 4);
    EXPECT_DOUBLE_EQ(environment->memoryless_return(), 1.95);
  }
}

// All policies based on the current observation: one action for each of the four.
TEST(TMaze, NobodyDoesBetterThanAGuessWithoutMemory) {
  const auto environment = maze(5);
  double best = -1e9;
  for (int policy = 0; policy < 256; ++policy) {
    const std::array<int, 4> action{policy & 3, policy >> 2 & 3, policy >> 4 & 3, policy >> 6};
    double sum = 0;
    for (const int goal : {goal_up, goal_down}) {
      int state = environment->start(goal);
      for (int step = 0; step < environment->horizon(); ++step) {
        const std::vector<float> observation = seen(*environment, state);
        const auto which = std::find(observation.begin(), observation.end(), 1.0f) - observation.begin();
        const Environment::Outcome outcome = environment->act(state, action[static_cast<std::size_t>(which)]);
        sum += outcome.reward / 2;
        state = outcome.state;
        if (outcome.ended) break;
      }
    }
    best = std::max(best, sum);
  }
  EXPECT_DOUBLE_EQ(best, environment->memoryless_return());
}

TEST(Episodes, AreToldByTheirStartAndActions) {
  const auto environment = maze(2);
  const std::vector<int> actions{left, right, right, right, down};
  const Episode episode = episode_of(*environment, goal_up, actions);
  EXPECT_EQ(episode.start, goal_up);
  EXPECT_EQ(episode.actions, actions);
  EXPECT_THAT(episode.rewards, ElementsAre(-0.1, 0, 0, -0.1, -0.1));
  EXPECT_TRUE(episode.ended);
  EXPECT_EQ(episode.steps(), 5);
  EXPECT_DOUBLE_EQ(episode.sum_of_rewards(1), -0.3);
  EXPECT_DOUBLE_EQ(episode.sum_of_rewards(0.5), -0.1 - 0.1 / 8 - 0.1 / 16);
  EXPECT_FALSE(episode_of(*environment, goal_up, std::vector<int>{right, right}).ended);
  EXPECT_EQ(episode_of(*environment, goal_down, std::vector<int>{}).steps(), 0);
}

TEST(Episodes, ThatCannotBeAreDataErrors) {
  const auto environment = maze(2);
  const auto message = [&](int start, std::vector<int> actions) -> std::string {
    try {
      episode_of(*environment, start, actions);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::data);
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(message(2, {}), HasSubstr("a start"));
  EXPECT_THAT(message(-1, {}), HasSubstr("a start"));
  EXPECT_THAT(message(0, {4}), HasSubstr("an action"));
  EXPECT_THAT(message(0, {right, -1}), HasSubstr("an action"));
  EXPECT_THAT(message(0, {right, right, up, right}), HasSubstr("after its end"));
  EXPECT_THAT(message(0, {left, left, left, left, left, left}), HasSubstr("a step"));
  EXPECT_EQ(message(0, {left, left, left, left, left}), "no error");
}

TEST(Episodes, AreReadAsLastActionRewardAndObservation) {
  const auto environment = maze(2);
  EXPECT_EQ(input_size(*environment), 9);
  const Episode episode = episode_of(*environment, goal_down, std::vector<int>{up, right, right, down});
  EXPECT_THAT(inputs_of(*environment, episode),
              ElementsAre(0, 0, 0, 0, 0, 0, 1, 0, 0,      // no action yet; the goal is down
                          0, 1, 0, 0, -0.1f, 0, 1, 0, 0,  // up: bounced, still in the first cell
                          1, 0, 0, 0, 0, 0, 0, 1, 0,      // right: the corridor
                          1, 0, 0, 0, 0, 0, 0, 0, 1,      // right: the junction
                          0, 0, 0, 1, 4, 0, 0, 0, 1));    // down: found
}

}  // namespace
}  // namespace hysteron
