// Q-learning: which weights are kept, optimality, stopping and resuming, failures.
#include <cmath>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "records/checkpoint.hpp"
#include "tests/agents.hpp"
#include "tests/record_files.hpp"

namespace hysteron {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class QLearning : public testing::Test {
 protected:
  std::unique_ptr<Backend> backend = make_backend("cpu", 1);
};

// A corridor without a fork, so that a network that knows nothing can be right: always action 1, three times.
class Straight final : public Environment {
 public:
  int actions() const override { return 2; }
  int observation_size() const override { return 1; }
  int starts() const override { return 2; }
  int start(int which) const override { return which; }  // 0 or 1 of 3 steps
  Outcome act(int state, int action) const override {
    if (state == 3) return {3, 0, true};
    return action == 1 ? Outcome{state + 1, state == 2 ? 2.0 : 0.0, state == 2} : Outcome{state, 0, false};
  }
  void observe(int, std::span<float> observation) const override { observation[0] = 1; }
  int horizon() const override { return 6; }
  double discount() const override { return 0.5; }
  const std::vector<double>& exploration() const override { return chances_; }
  double best_return() const override { return 2; }
  double memoryless_return() const override { return 2; }
  double best_discounted_return(int which) const override { return which == 0 ? 0.5 : 1; }

 private:
  std::vector<double> chances_{0.5, 0.5};
};

TEST_F(QLearning, APolicyIsOptimalThatTakesTheShortestPathFromEveryStart) {
  const Straight straight;
  Model<float> model(*backend, Agents<float>::shape(straight, "gru", Structure::stack, 2), 2);
  Parameters<float>& parameters = model.parameters();  // zeros: only the read-out's bias matters
  parameters.values(parameters.slice(Role::readout_bias)).at(0, 0)[1] = 1;
  const PolicyEvaluation found = evaluate_policy(model, straight);
  EXPECT_THAT(found.returns, ElementsAre(2, 0));
  EXPECT_THAT(found.discounted_returns, ElementsAre(0.75, 0));
  EXPECT_THAT(found.optimal, ElementsAre(1, 0));  // the first of equal values: replica 1 stays where it is

  // In the T-Maze, always going right: to the junction, and then into its wall until the horizon.
  const auto environment = maze(3);
  Model<float> still(*backend, Agents<float>::shape(*environment, "gru", Structure::stack, 2), 1);
  const PolicyEvaluation bounced = evaluate_policy(still, *environment);
  EXPECT_NEAR(bounced.returns[0], -0.1 * (3 * 3 - 1 - 3), 1e-12);
  EXPECT_EQ(bounced.optimal[0], 0);
}

TEST_F(QLearning, FindsTheShortestPathToBothGoals) {
  const auto environment = maze(2);
  const QTrainerOptions options{.episodes = 80,
                                .batch = 16,
                                .replay = 300,
                                .target_every = 5,
                                .learning_rates = {0.01, 0.01, 0.01},
                                .adam = {},
                                .evaluate_every = 5,
                                .measure = {}};
  Agents<float> learning(*backend, *environment, "gru", Structure::stack, 12, {1, 2, 3}, options);
  learning.run();
  const std::vector<PolicyRecord> records = learning.trainer.records();
  const std::vector<Event> evaluated = learning.events->named("evaluated");
  ASSERT_EQ(evaluated.size(), 17u);
  int found = 0;
  learning.trainer.take_best();
  const PolicyEvaluation best = evaluate_policy(learning.model, *environment);
  for (std::size_t r = 0; r < 3; ++r) {
    // The record agrees with the evaluations.
    double best_discounted = -1e9, last = 0;
    std::int64_t first = -1, from = -1, best_episode = -1;
    for (const Event& event : evaluated) {
      const auto at = Events::value<std::int64_t>(event, "episode");
      const bool optimal = Events::value<std::vector<std::int64_t>>(event, "optimal")[r] == 1;
      if (optimal && first < 0) first = at;
      from = optimal ? (from < 0 ? at : from) : -1;
      last = Events::value<std::vector<double>>(event, "return")[r];
      const double discounted = Events::value<std::vector<double>>(event, "discounted_return")[r];
      if (discounted >= best_discounted) best_discounted = discounted, best_episode = at;
      if (optimal) {
        EXPECT_EQ(last, 4);
      }
    }
    EXPECT_EQ(records[r].first_optimal_episode, first);
    EXPECT_EQ(records[r].optimal_episode, from);
    EXPECT_EQ(records[r].best_episode, best_episode);
    EXPECT_EQ(records[r].last_return, last);
    EXPECT_EQ(records[r].best_discounted_return, best_discounted);
    EXPECT_EQ(best.discounted_returns[r], best_discounted) << "other weights than the best were kept";
    EXPECT_EQ(best.optimal[r] == 1, first >= 0);
    found += first >= 0;
  }
  EXPECT_GE(found, 2) << "of three replicas";
}

void expect_same(const QTrainerState<float>& a, const QTrainerState<float>& b) {
  EXPECT_EQ(a.episode, b.episode);
  EXPECT_EQ(a.update, b.update);
  EXPECT_EQ(a.summed, b.summed);
  EXPECT_TRUE(same_bits(a.loss_sum, b.loss_sum));
  EXPECT_TRUE(same_bits(a.train_loss, b.train_loss));
  ASSERT_EQ(a.failures.size(), b.failures.size());
  for (std::size_t r = 0; r < a.failures.size(); ++r) {
    const PolicyRecord &one = a.records[r], &other = b.records[r];
    EXPECT_TRUE(same_bits(std::vector<double>{one.last_return, one.best_return, one.best_discounted_return},
                          std::vector<double>{other.last_return, other.best_return, other.best_discounted_return}));
    EXPECT_EQ(one.best_episode, other.best_episode);
    EXPECT_EQ(one.first_optimal_episode, other.first_optimal_episode);
    EXPECT_EQ(one.optimal_episode, other.optimal_episode);
    ASSERT_EQ(a.failures[r].has_value(), b.failures[r].has_value());
    if (a.failures[r]) {
      EXPECT_EQ(a.failures[r]->where, b.failures[r]->where);
      EXPECT_EQ(a.failures[r]->update, b.failures[r]->update);
    }
    ASSERT_EQ(a.episodes[r].size(), b.episodes[r].size());
    for (std::size_t n = 0; n < a.episodes[r].size(); ++n) {
      EXPECT_EQ(a.episodes[r][n].start, b.episodes[r][n].start);
      EXPECT_EQ(a.episodes[r][n].actions, b.episodes[r][n].actions);
      EXPECT_EQ(a.episodes[r][n].rewards, b.episodes[r][n].rewards);
      EXPECT_EQ(a.episodes[r][n].ended, b.episodes[r][n].ended);
    }
  }
  EXPECT_TRUE(same_bits(a.values, b.values));
  EXPECT_TRUE(same_bits(a.best, b.best));
  EXPECT_TRUE(same_bits(a.target, b.target));
  EXPECT_TRUE(same_bits(a.first_moment, b.first_moment));
  EXPECT_TRUE(same_bits(a.second_moment, b.second_moment));
}

// Stopped after any episode, written to a file and read back, a run continues to the same bits; also after one of its
// replicas has failed.
TEST_F(QLearning, AStoppedRunGoesOnToTheSameBits) {
  const auto environment = maze(3);
  const std::vector<std::uint64_t> seeds{1, 2, 3};
  QTrainerOptions options = small_learning({0.02, 3e38, 0.1});
  options.epsilon = 0.3;
  const auto make = [&] {
    return std::make_unique<Agents<float>>(*backend, *environment, "gru", Structure::stack, 4, seeds, options);
  };
  const auto whole = make();
  whole->run();
  const QTrainerState<float> right = whole->trainer.state();
  ASSERT_TRUE(right.failures[1] && !right.failures[0]);
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "state.safetensors";
  for (std::int64_t stop = 1; stop < options.episodes; ++stop) {
    SCOPED_TRACE("stopped after episode " + std::to_string(stop));
    const auto before = make();
    EXPECT_EQ(before->trainer.run([&] { return before->trainer.episode() == stop; },
                                  [&] { write_checkpoint(file, before->trainer.state()); }),
              QTrainer<float>::End::stopped);
    const auto after = make();
    after->model.parameters().block().clear();
    const auto kept =
        read_q_checkpoint<float>(file, *environment, 3, static_cast<std::ptrdiff_t>(right.values.size()) / 3);
    ASSERT_EQ(kept.episode, stop);
    after->trainer.restore(kept);
    expect_same(after->trainer.state(), before->trainer.state());
    EXPECT_EQ(after->run(), QTrainer<float>::End::finished);
    expect_same(after->trainer.state(), right);
    after->trainer.take_best();
    EXPECT_TRUE(same_bits(after->model.parameters().block().to_host(), right.best));
  }
}

TEST_F(QLearning, ACheckpointOfAnotherRunIsADataError) {
  const auto environment = maze(3);
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "state.safetensors";
  Agents<float> learning(*backend, *environment, "gru", Structure::stack, 4, {1, 2}, small_learning({0.02, 0.02}));
  write_checkpoint(file, learning.trainer.state());
  const std::ptrdiff_t size = learning.model.parameters().size();
  const auto read = [&](const Environment& in, int replicas, std::ptrdiff_t of) {
    return message_of(ErrorKind::data, [&] { read_q_checkpoint<float>(file, in, replicas, of); });
  };
  EXPECT_THAT(read(*environment, 3, size), HasSubstr("does not fit the run"));
  EXPECT_THAT(read(*environment, 2, size + 1), HasSubstr("does not fit the run"));
  EXPECT_THAT(read(*maze(2), 2, size), HasSubstr("the environment does not have"));
  EXPECT_THAT(message_of(ErrorKind::data, [&] { read_q_checkpoint<double>(file, *environment, 2, size); }),
              HasSubstr("does not fit the run"));
  EXPECT_THAT(message_of(ErrorKind::data, [&] { read_checkpoint<float>(file, 2, size); }),
              HasSubstr("not a checkpoint of this kind"));
}

// With an absurd learning rate one replica's numbers stop being finite. The others continue as if it did not exist, and
// each as if it were alone.
TEST_F(QLearning, AFailingReplicaStopsAlone) {
  const auto environment = maze(3);
  for (const char* cell : {"gru", "lstm", "mgu", "nbrc"}) {
    SCOPED_TRACE(cell);
    const auto make = [&](std::vector<std::uint64_t> seeds, std::vector<double> rates) {
      auto made = std::make_unique<Agents<float>>(*backend, *environment, cell, Structure::double_layer, 4, seeds,
                                                  small_learning(std::move(rates)));
      EXPECT_EQ(made->run(), QTrainer<float>::End::finished);
      return made;
    };
    const auto three = make({1, 2, 3}, {0.01, 3e38, 0.02}), first = make({1}, {0.01}), third = make({3}, {0.02});
    ASSERT_TRUE(three->trainer.failures()[1].has_value());
    EXPECT_FALSE(three->trainer.failures()[0].has_value());
    EXPECT_FALSE(three->trainer.failures()[2].has_value());
    EXPECT_EQ(three->trainer.episode(), 6);
    EXPECT_EQ(three->trainer.update(), 12);
    EXPECT_TRUE(same_bits(three->parameters(0), first->parameters(0)));
    EXPECT_TRUE(same_bits(three->parameters(2), third->parameters(0)));
    EXPECT_EQ(three->trainer.records()[2].last_return, third->trainer.records()[0].last_return);
    EXPECT_EQ(three->trainer.train_loss()[0], first->trainer.train_loss()[0]);
    EXPECT_TRUE(std::isnan(three->trainer.records()[1].last_return));
    EXPECT_EQ(three->trainer.records()[1].optimal_episode, -1);
    const std::vector<Event> failed = three->events->named("failed");
    ASSERT_EQ(failed.size(), 1u);
    EXPECT_EQ(Events::value<std::int64_t>(failed[0], "replica"), 1);
    three->trainer.take_best();
    for (const float value : three->parameters(1)) EXPECT_LT(std::abs(value), 10);
  }
}

TEST_F(QLearning, WhenEveryReplicaHasFailedTheRunEnds) {
  const auto environment = maze(3);
  QTrainerOptions options = small_learning({3e38});
  options.episodes = 1000;
  Agents<float> learning(*backend, *environment, "gru", Structure::stack, 4, {1}, options);
  EXPECT_EQ(learning.run(), QTrainer<float>::End::finished);
  EXPECT_LT(learning.trainer.episode(), 1000);
  EXPECT_TRUE(learning.trainer.failures()[0].has_value());
}

TEST_F(QLearning, EvaluationsMeasurementsAndCheckpointsComeWhenAsked) {
  const auto environment = maze(3);
  QTrainerOptions options = small_learning({0.01});
  options.episodes = 7;
  options.vaa_every = 3;
  const auto run = [&](std::int64_t checkpoint_every) {
    options.checkpoint_every = checkpoint_every;
    Agents<float> learning(*backend, *environment, "gru", Structure::stack, 4, {1}, options);
    std::vector<std::int64_t> checkpoints;
    learning.trainer.run([] { return false; }, [&] { checkpoints.push_back(learning.trainer.episode()); });
    const auto episodes = [&](const char* name) {
      std::vector<std::int64_t> at;
      for (const Event& event : learning.events->named(name))
        at.push_back(Events::value<std::int64_t>(event, "episode"));
      return at;
    };
    EXPECT_THAT(episodes("evaluated"), ElementsAre(0, 2, 4, 6, 7));
    EXPECT_THAT(episodes("measured"), ElementsAre(0, 3, 6));
    EXPECT_EQ(learning.events->progress, 7);
    return checkpoints;
  };
  EXPECT_THAT(run(0), ElementsAre(2, 4, 6, 7));
  EXPECT_THAT(run(5), ElementsAre(5, 7));
}

TEST_F(QLearning, NoEpisodesLeaveTheNetworkAsItWas) {
  const auto environment = maze(3);
  QTrainerOptions options = small_learning({0.5});
  options.episodes = 0;
  Agents<float> learning(*backend, *environment, "gru", Structure::stack, 4, {1}, options);
  const std::vector<float> before = learning.parameters(0);
  learning.run();
  EXPECT_EQ(learning.parameters(0), before);
  EXPECT_EQ(learning.trainer.records()[0].best_episode, 0);
}

}  // namespace
}  // namespace hysteron
