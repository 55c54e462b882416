// What paired runs report: intervals of known samples, and the sentences.
#include "foundation/pairs.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/error.hpp>

#include "report/comparison.hpp"
#include "report/run_labels.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(PairedDifference, OfEqualDifferencesHasNoWidth) {
  const PairedDifference d = paired_difference(std::vector<double>{2, 2, 2});
  EXPECT_EQ(d.pairs, 3u);
  EXPECT_EQ(d.mean, 2);
  EXPECT_EQ(d.interval.low, 2);
  EXPECT_EQ(d.interval.high, 2);
  EXPECT_EQ(d.student.low, 2);
  EXPECT_EQ(d.student.high, 2);
  EXPECT_EQ(d.positive, 3u);
}

// Student's interval for 1, 2, 3, 4, 5: 3 ± 2.776 sqrt(2.5 / 5).
TEST(PairedDifference, StudentsIntervalIsTheTextbooks) {
  const PairedDifference d = paired_difference(std::vector<double>{1, 2, 3, 4, 5});
  EXPECT_NEAR(d.student.low, 3 - 2.776 * std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(d.student.high, 3 + 2.776 * std::sqrt(0.5), 1e-12);
}

// The bootstrap's mean of n values has the standard deviation of the sample (over n) / sqrt(n): for 100 values, half of
// them 0 and half 1, that is 0.05; its 95 % interval is close to the normal one, 0.5 ± 1.96 * 0.05. Means of 100 such
// values are multiples of 0.01, which, together with the error of 10,000 resamples, bounds the error.
TEST(PairedDifference, BootstrapIntervalIsTheNormalOneOfManyPairs) {
  std::vector<double> values(100);
  for (std::size_t i = 0; i < 50; ++i) values[i] = 1;
  const PairedDifference d = paired_difference(values);
  EXPECT_NEAR(d.interval.low, 0.5 - 1.96 * 0.05, 0.015);
  EXPECT_NEAR(d.interval.high, 0.5 + 1.96 * 0.05, 0.015);
  EXPECT_EQ(d.positive, 50u);
  EXPECT_EQ(d.negative, 0u);
}

TEST(PairedDifference, OfNothingAndOfOnePair) {
  EXPECT_EQ(paired_difference({}).pairs, 0u);
  EXPECT_TRUE(std::isinf(paired_difference(std::vector<double>{1}).student.high));
}

RunRecord run_of(const std::string& init, int seed, const std::vector<double>& losses, const char* task = "copy") {
  RunRecord run;
  run.path = init;
  run.result = {.task = task,
                .cell = "gru",
                .init = init,
                .replicas = static_cast<int>(losses.size()),
                .predictions = PredictionResult{.test_loss = losses},
                .seed = seed};
  return run;
}

std::string sentence(const RunRecord& a, const RunRecord& b) { return compare({a, b}, labels_of({a, b}))[0].sentence; }

TEST(Comparison, SaysWhatTheDataSay) {
  const RunRecord classic = run_of("classic", 1, {1.0, 1.02, 0.99, 1.01});
  EXPECT_THAT(sentence(classic, run_of("warm_up", 1, {0.01, 0.02, 0.03, 0.02})),
              AllOf(HasSubstr("gru warm_up is better than gru classic"), HasSubstr("test loss is lower by 0.985"),
                    HasSubstr("in 4 of 4 pairs")));
  EXPECT_THAT(sentence(run_of("warm_up", 1, {0.01, 0.02, 0.03, 0.02}), classic), HasSubstr("is worse than"));
  EXPECT_THAT(sentence(classic, run_of("warm_up", 1, {0.9, 1.1, 0.95, 1.05})), HasSubstr("do not tell"));
  EXPECT_THAT(sentence(classic, run_of("warm_up", 1, {0.9, 0.1, 0.95, 0.9})),
              AllOf(HasSubstr("point to"), HasSubstr("more replicas would settle it")));
  EXPECT_THAT(sentence(classic, run_of("warm_up", 1, {1.0, 1.02, 0.99, 1.01})), HasSubstr("have the same test loss"));
}

// Replica k draws as the run of seed + k does: pairs share a seed, not a position.
TEST(Comparison, PairsReplicasOfOneSeed) {
  const std::vector<Comparison> all =
      compare({run_of("classic", 1, {1, 2, 3}), run_of("warm_up", 2, {2, 3, 4})}, {"a", "b"});
  EXPECT_THAT(all[0].of_reference, testing::ElementsAre(2, 3));
  EXPECT_THAT(all[0].of_arm, testing::ElementsAre(2, 3));
}

TEST(Comparison, LeavesOutWhatHasNoNumber) {
  const double none = std::nan("");
  RunRecord failed = run_of("warm_up", 1, {0.5, none, 0.5});
  EXPECT_THAT(sentence(run_of("classic", 1, {1, 1, 1}), failed),
              AllOf(HasSubstr("in 2 of 2 pairs"), HasSubstr("1 pairs are left out")));
}

TEST(Comparison, SaysWhatIsSolved) {
  RunRecord classic = run_of("classic", 1, {1.0, 1.02}), warm = run_of("warm_up", 1, {0.01, 0.4});
  EXPECT_THAT(sentence(classic, warm), testing::Not(HasSubstr("olve")));  // the task has no level that counts as solved
  classic.result.solved = {false, false};
  warm.result.solved = {true, false};
  EXPECT_THAT(sentence(classic, warm),
              HasSubstr("Solved by gru warm_up in 1 of 2 replicas, by gru classic in 0 of 2."));
  warm.result.solved = {false, false};
  EXPECT_THAT(sentence(classic, warm), HasSubstr("Neither solves the task in any replica."));
}

// Leaving out the policies that never became optimal would make the arm with the most of them look fast.
TEST(Comparison, AReplicaThatWasNeverOptimalCountsAsTheLastEpisode) {
  const auto maze = [](const char* init, const PolicyResult::Episodes& episodes) {
    RunRecord run = run_of(init, 1, {});
    run.result.replicas = static_cast<int>(episodes.size());
    run.result.predictions.reset();
    run.result.policies = PolicyResult{.episodes = 500, .first_optimal_episode = episodes};
    return run;
  };
  EXPECT_THAT(sentence(maze("classic", {300, std::nullopt, 320}), maze("warm_up", {100, 120, 80})),
              AllOf(HasSubstr("better"), HasSubstr("lower by 273"), HasSubstr("in 3 of 3 pairs"),
                    HasSubstr("Never optimal in 1: counted as the last episode")));
}

TEST(Comparison, RefusesWhatCannotBePaired) {
  const RunRecord classic = run_of("classic", 1, {1, 1});
  const auto message = [&](const RunRecord& other) {
    try {
      sentence(classic, other);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      return error.text().what;
    }
    return std::string("nothing thrown");
  };
  EXPECT_THAT(message(run_of("warm_up", 1, {1, 1}, "denoising")), HasSubstr("different tasks"));
  EXPECT_THAT(message(run_of("warm_up", 7, {1, 1})), HasSubstr("no seed in common"));
}

}  // namespace
}  // namespace hysteron
