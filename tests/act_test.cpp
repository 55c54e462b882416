// The program on a task in which a network acts: run folder, result, reproducible bits, stopping and resuming,
// failures, messages.
#include <regex>

#include <gmock/gmock.h>

#include "tests/child_program.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

// A run that takes a moment.
const std::string small =
    "train --task t_maze --set task.length=2 --cell gru --units 6 --layers 2 --set train.replay=80 --set train.batch=6 "
    "--set train.updates_per_episode=3 --set train.evaluate_every=4 --set init.measure_steps=20 "
    "--set init.measure_draws=1 --set init.measure_sequences=8 ";
const std::string warm = "--init warm_up --set init.steps=3 ";

class Acting : public ProgramTest {};

TEST_F(Acting, ARunLeavesWhatItPromises) {
  const Ended ended = succeeds(small + warm + "--replicas 2 --seed 4 --set train.episodes=10 --set train.vaa_every=5 " +
                               "--structure double --out runs/x --json");
  const auto json = ended.json();
  for (const char* key : {"run", "seconds", "device", "seed", "task", "cell", "init", "replicas", "steps", "train_loss",
                          "test_loss", "test_accuracy", "vaa", "solved", "failures"})
    EXPECT_TRUE(json.contains(key)) << key;
  for (const char* key : {"return", "optimal", "first_optimal_episode", "optimal_episode", "best_return",
                          "best_episode", "train_loss", "vaa_before", "vaa_start", "vaa"})
    EXPECT_THAT(json[key], SizeIs(2)) << key;
  EXPECT_EQ(json["episodes"], 10);
  EXPECT_EQ(json["steps"], 30);
  EXPECT_EQ(json["optimal_return"], 4);
  EXPECT_EQ(json["memoryless_return"], 1.95);
  EXPECT_EQ(bytes("runs/x/result.json"), json.dump() + "\n");
  EXPECT_THAT(ended.out, AllOf(HasSubstr("return"), HasSubstr("optimal from")));
  const std::string page = bytes("runs/x/report.html");
  EXPECT_THAT(page, AllOf(HasSubstr("Return during training"), HasSubstr("best without memory")));
  std::vector<std::int64_t> evaluated, measured;
  std::istringstream journal(bytes("runs/x/journal.jsonl"));
  for (std::string line; std::getline(journal, line);) {
    const auto event = nlohmann::json::parse(line);
    if (event["event"] == "evaluated") evaluated.push_back(event["episode"].get<std::int64_t>());
    if (event["event"] == "measured" && event.contains("episode"))
      measured.push_back(event["episode"].get<std::int64_t>());
  }
  EXPECT_THAT(evaluated, testing::ElementsAre(0, 4, 8, 10));
  EXPECT_THAT(measured, testing::ElementsAre(0, 5, 10));
  // The model is like that of any other run.
  EXPECT_THAT(bytes("runs/x/models/replica-01.safetensors"), HasSubstr("rnn.second.weight_ih_l0"));
}

TEST_F(Acting, ReplicaKEqualsARunOfOneWithSeedPlusK) {
  const std::string line = small + warm + "--set train.episodes=9 --set train.vaa_every=4 --json ";
  const auto together = succeeds(line + "--replicas 3 --seed 5 --out all").json();
  for (int k = 0; k < 3; ++k) {
    const std::string one = "one-" + std::to_string(k);
    const auto alone = succeeds(line + "--replicas 1 --seed " + std::to_string(5 + k) + " --out " + one).json();
    EXPECT_EQ(bytes("all/models/replica-0" + std::to_string(k) + ".safetensors"),
              bytes(one + "/models/replica-00.safetensors"));
    for (const char* key : {"train_loss", "return", "best_return", "optimal_episode", "vaa_before", "vaa_start", "vaa"})
      EXPECT_EQ(together[key][static_cast<std::size_t>(k)], alone[key][0]) << key;
  }
}

// A run that would go on forever, stopped; then shortened to end a few episodes later.
TEST_F(Acting, StoppedAndResumedIsAsNeverStopped) {
  const std::string line = small + warm + "--replicas 2 --json --out ";
  Child child(HYSTERON_PROGRAM,
              words(line + "run --set train.episodes=1000000000 --set train.checkpoint_every=1000000000"),
              folder.path(), {"HYSTERON_THREADS=1"});
  ASSERT_TRUE(child.waits_for(folder / "run/checkpoint")) << child.wait().err;
  child.send(SIGTERM);
  const Ended stopped = child.wait();
  EXPECT_EQ(stopped.code, 75) << stopped.err;
  EXPECT_EQ(stopped.json()["stopped"], true);
  const std::int64_t episodes = stopped.json()["steps"].get<std::int64_t>() / 3 + 5;
  const std::string shorter = " --set train.episodes=" + std::to_string(episodes);
  const auto resumed = succeeds("train --resume run --json" + shorter).json();
  EXPECT_EQ(resumed["episodes"], episodes);
  auto whole = succeeds(line + "whole" + shorter).json();
  for (const char* file :
       {"/models/replica-00.safetensors", "/models/replica-01.safetensors", "/checkpoint/state.safetensors"})
    EXPECT_EQ(bytes(std::string("run") + file), bytes(std::string("whole") + file)) << file;
  for (const auto& [key, value] : resumed.items())
    if (key != "run" && key != "seconds") {
      EXPECT_EQ(value, whole[key]) << key;
    }
}

TEST_F(Acting, ANumberThatIsNotFiniteStopsItsReplicaOnly) {
  const std::string line = small + "--set train.episodes=6 --json ";
  const Ended ended = hysteron(line + "--replicas 2 --set train.learning_rates=[1e-3,1e38] --out run");
  EXPECT_EQ(ended.code, 5);
  EXPECT_TRUE(std::regex_search(ended.err, std::regex("error: replica 1 stopped at gradient step [1-9]"))) << ended.err;
  const auto json = ended.json();
  ASSERT_THAT(json["failures"], SizeIs(1));
  EXPECT_EQ(json["failures"][0]["replica"], 1);
  EXPECT_EQ(json["episodes"], 6);
  EXPECT_TRUE(json["return"][1].is_null());
  EXPECT_EQ(json["optimal"][1], false);
  succeeds(line + "--replicas 1 --out alone");
  EXPECT_EQ(bytes("run/models/replica-00.safetensors"), bytes("alone/models/replica-00.safetensors"));
}

TEST_F(Acting, KeysOfTheOtherKindOfTrainingAreUnknown) {
  EXPECT_THAT(fails(2, small + "--set train.epochs=3"), HasSubstr("train.epochs"));
  EXPECT_THAT(fails(2, "train --task copy_first_input --set train.episodes=3"),
              AllOf(HasSubstr("train.episodes"), HasSubstr("one of training in an environment")));
  EXPECT_THAT(fails(2, small + "--set train.epsilon=1.5"), HasSubstr("train.epsilon"));
  EXPECT_THAT(fails(2, small + "--set train.replay=0"), HasSubstr("train.replay"));
  EXPECT_THAT(fails(2, small + "--set task.length=1"), HasSubstr("task.length"));
}

TEST_F(Acting, NetworksAreMadeReadyOnWhatIsExplored) {
  const auto json = succeeds(
                        "prepare --task t_maze --set task.length=3 --set train.replay=100 --init warm_up "
                        "--set init.steps=4 --set init.measure_steps=20 --set init.measure_draws=1 --units 6 "
                        "--layers 1 --replicas 2 --out new.safetensors --json")
                        .json();
  EXPECT_THAT(json["vaa_after"], SizeIs(2));
  // It is the state from which training starts.
  succeeds(
      "train --task t_maze --set task.length=3 --set train.replay=100 --init warm_up --set init.steps=4 "
      "--set init.measure_steps=20 --set init.measure_draws=1 --units 6 --layers 1 --replicas 2 "
      "--set train.episodes=0 --out run");
  for (const char* k : {"0", "1"})
    EXPECT_EQ(bytes(std::string("new-0") + k + ".safetensors"),
              bytes(std::string("run/models/replica-0") + k + ".safetensors"));
}

}  // namespace
}  // namespace hysteron
