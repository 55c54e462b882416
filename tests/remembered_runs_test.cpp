// What a run records about memory and gradients when asked to, and that asking changes nothing else.
#include <cmath>

#include <gmock/gmock.h>

#include "report/memory_charts.hpp"
#include "report/page.hpp"
#include "tests/command_files.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class RememberedRuns : public Commands {
 protected:
  const std::string line =
      "train --task copy_first_input --cell lstm --units 5 --layers 2 --replicas 2 --set task.steps=9 --set "
      "task.train=60 --set task.test=8 --set train.batch=8 --set train.updates=6 --set train.validation_share=0 "
      "--set init.measure_draws=0 --out ";
  std::vector<nlohmann::ordered_json> events(const std::string& run, const std::string& name) const {
    std::vector<nlohmann::ordered_json> found;
    const std::string journal = bytes(run + "/journal.jsonl");
    for (std::size_t at = 0; at < journal.size();) {
      const std::size_t end = std::min(journal.find('\n', at), journal.size());
      auto event = nlohmann::ordered_json::parse(journal.substr(at, end - at));
      if (event["event"] == name) found.push_back(std::move(event));
      at = end + 1;
    }
    return found;
  }
};

TEST_F(RememberedRuns, GradientsAreRecordedAndChangeNothing) {
  succeeds(line + "plain");
  succeeds(line + "watched --set train.gradient_every=3");
  EXPECT_EQ(bytes("plain/models/replica-01.safetensors"), bytes("watched/models/replica-01.safetensors"));
  EXPECT_EQ(events("plain", "gradient").size(), 0u);
  const auto records = events("watched", "gradient");
  ASSERT_EQ(records.size(), 2u * 2 * 2);  // after 0 and 3 updates, two replicas, two layers
  EXPECT_EQ(records[5]["update"], 3);
  EXPECT_EQ(records[5]["replica"], 0);
  EXPECT_EQ(records[5]["layer"], 1);
  for (const auto& record : records) ASSERT_EQ(record["state_grad_norm"].size(), 9u);
}

// With one batch of all sequences the record is what measure gradient reports for the same network.
TEST_F(RememberedRuns, ARecordIsWhatMeasureGradientSays) {
  put_normal("X.npy", {7, 12, 2}, 1);
  put_normal("Y.npy", {1, 12, 3}, 2);
  const std::string arrays =
      " --task arrays --inputs X.npy --targets Y.npy --set task.test_inputs=X.npy --set task.test_targets=Y.npy --cell "
      "gru --units 5 --layers 1 --precision double --set train.batch=12 --set train.validation_share=0 --set "
      "init.measure_draws=0 ";
  succeeds("train" + arrays + "--set train.updates=1 --set train.gradient_every=1 --out run");
  succeeds("prepare" + arrays + "--out start.safetensors");
  const auto records = events("run", "gradient");
  ASSERT_EQ(records.size(), 1u);
  const auto measured =
      succeeds("measure gradient --model start.safetensors --inputs X.npy --targets Y.npy --at last --json").json();
  for (std::size_t step = 0; step < 7; ++step) {
    const double expected = measured["state_grad_norm"][0][step].get<double>();
    EXPECT_NEAR(records[0]["state_grad_norm"][step].get<double>(), expected, 1e-12 * expected) << step;
  }
}

TEST_F(RememberedRuns, MemoryIsMeasuredBeforeAndAfter) {
  succeeds(line + "run --set train.memory_sequences=40 --set train.gradient_every=2");
  const auto memories = events("run", "memory");
  ASSERT_EQ(memories.size(), 4u);
  EXPECT_EQ(memories[0]["when"], "initialized");
  EXPECT_EQ(memories[3]["when"], "trained");
  EXPECT_EQ(memories[3]["replica"], 1);
  for (const auto& memory : memories) {
    ASSERT_EQ(memory["error_by_lag"].size(), 9u);
    EXPECT_LT(memory["error_by_lag"][0].get<double>(), memory["variance_by_lag"][0].get<double>());
    EXPECT_GT(memory["capacity"].get<double>(), 0.5);
  }
  const std::vector<RunRecord> runs{read_run(folder / "run")};
  const std::vector<Chart> charts = memory_charts_of(runs, {"here"});
  std::vector<std::string> titles;
  for (const Chart& chart : charts) titles.push_back(chart.title);
  EXPECT_THAT(titles,
              ElementsAre("Memory right after initialization", "Memory after training",
                          "Gradient through time, before training", "Gradient through time, after 2 gradient steps",
                          "Gradient through time, after 4 gradient steps"));
  for (const Chart& chart : charts) {
    ASSERT_EQ(chart.lines.size(), 3u) << "two replicas and their median";
    for (const Line& line_of : chart.lines) EXPECT_EQ(line_of.y.size(), 9u);
  }
  EXPECT_NEAR(charts[0].lines[1].y[4],
              memories[0]["error_by_lag"][4].get<double>() / memories[0]["variance_by_lag"][4].get<double>(), 1e-12);
  const auto gradients = events("run", "gradient");
  EXPECT_NEAR(
      charts[2].lines[1].y[8],
      std::hypot(gradients[0]["state_grad_norm"][8].get<double>(), gradients[1]["state_grad_norm"][8].get<double>()),
      1e-12);
  EXPECT_THAT(bytes("run/report.html"), HasSubstr("Gradient through time"));
}

TEST_F(RememberedRuns, TooFewSequencesToMeasureAreRefused) {
  EXPECT_THAT(hysteron(line + "run --set train.memory_sequences=1").err,
              AllOf(HasSubstr("two or more"), HasSubstr("train.memory_sequences")));
}

// The validation set of the collection, unless a fraction is requested; the resolved configuration says the same.
TEST_F(RememberedRuns, ATasksOwnValidationSetIsUsed) {
  std::filesystem::create_directories(folder / "music");
  std::string song = "[[40],[41]";
  for (int step = 0; step < 3; ++step) song += ",[50," + std::to_string(60 + step) + "]";
  song += "]";
  put(folder / "music/jsb.json", "{\"train\":[" + song + "," + song + "," + song + "],\"valid\":[" + song + "," + song +
                                     "],\"test\":[" + song + "]}");
  const std::string music =
      "train --task music --data . --cell gru --units 4 --layers 1 --set train.updates=2 --set train.batch=3 --set "
      "init.measure_draws=0 --json --out ";
  const auto json = succeeds(music + "own").json();
  EXPECT_EQ(json["steps"], 2);
  EXPECT_GT(json["test_accuracy"][0].get<double>(), -1e-9);
  EXPECT_TRUE(json["trivial_loss"].is_number());
  // Two updates of three sequences each are two epochs of the three that remain: validated after each.
  EXPECT_EQ(events("own", "validated").size(), 3u);
  succeeds("train own/config.toml --out again");
  EXPECT_EQ(bytes("own/models/replica-00.safetensors"), bytes("again/models/replica-00.safetensors"));
  succeeds(music + "none --set train.validation_share=0");
  EXPECT_EQ(events("none", "validated").size(), 2u) << "five sequences are an epoch of two updates";
}

}  // namespace
}  // namespace hysteron
