// What a run leaves, written and read back: its result, its journal, its folder.
#include <cmath>
#include <limits>

#include <hysteron/run_record.hpp>

#include "files/folder_lock.hpp"
#include "records/run_folder.hpp"
#include "records/run_result_file.hpp"
#include "tests/record_files.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

RunResult predicting() {
  RunResult result{.run = "runs/x",
                   .task = "copy_first_input",
                   .cell = "gru",
                   .structure = "stack",
                   .init = "warm_up",
                   .compat = "fixed",
                   .replicas = 2,
                   .steps = 30,
                   .vaa_drawn = {0.25, 0.5},
                   .vaa_start = {0.75, 1},
                   .failures = {{.replica = 1, .update = 7, .where = "the gradient of rnn.weight_hh_l0"}},
                   .train_loss = {0.1, nan},
                   .solved = {true, std::nullopt},
                   .seconds = 1.5,
                   .device = "cpu",
                   .seed = 4};
  result.predictions = {.valid_loss = {0.5, std::numeric_limits<double>::infinity()},
                        .best_step = {30, 0},
                        .test_loss = {0.25, nan},
                        .trivial_loss = 1,
                        .solved_loss = 0.02};
  return result;
}

RunResult acting() {
  RunResult result{.task = "t_maze",
                   .cell = "lstm",
                   .structure = "double",
                   .init = "chrono",
                   .replicas = 2,
                   .solved = {true, false}};
  result.policies = {.episodes = 10,
                     .last_return = {4, -1},
                     .best_return = {4, 0.5},
                     .best_episode = {{8, 2}},
                     .first_optimal_episode = {4, std::nullopt},
                     .optimal_episode = {8, std::nullopt},
                     .optimal_return = 4,
                     .memoryless_return = 1.95};
  return result;
}

RunResult read_back(const Json& json) {
  return run_result_of(parse_json(json_line(json), "result.json"), "result.json");
}

TEST(RunResults, AreReadBackAsTheyWereWritten) {
  for (const RunResult& result : {predicting(), acting()}) {
    const RunResult found = read_back(json_of(result));
    EXPECT_EQ(json_line(json_of(found)), json_line(json_of(result)));
    EXPECT_EQ(found.predictions.has_value(), result.predictions.has_value());
    EXPECT_FALSE(found.stopped());
  }
  const RunResult found = read_back(json_of(predicting()));
  EXPECT_TRUE(std::isnan(found.predictions->test_loss[1]));
  EXPECT_TRUE(std::isnan(found.predictions->valid_loss[1]));
  EXPECT_THAT(found.solved, ElementsAre(std::optional(true), std::nullopt));
  EXPECT_EQ(found.predictions->solved_accuracy, std::nullopt);
  EXPECT_EQ(found.failures.at(0).where, "the gradient of rnn.weight_hh_l0");
}

TEST(RunResults, StoppedOnesTellLittle) {
  const RunResult stopped{.run = "runs/x", .steps = 3, .seconds = 2, .device = "cpu", .seed = 1};
  EXPECT_TRUE(stopped.stopped());
  EXPECT_EQ(json_line(json_of(stopped)),
            R"({"run":"runs/x","stopped":true,"steps":3,"seconds":2.0,"device":"cpu","seed":1})");
}

TEST(RunResults, OfOtherVersionsMayHaveMoreOrLess) {
  Json json = json_of(predicting());
  json["of_later"] = {{"any", "thing"}};
  for (const char* key : {"run", "compat", "steps", "device", "failures", "solved", "best_step", "solved_loss"})
    json.erase(key);
  const RunResult found = read_back(json);
  EXPECT_EQ(found.init, "warm_up");
  EXPECT_TRUE(found.solved.empty());
}

TEST(RunResults, OfTheWrongKindAreRefused) {
  const auto said = [](const RunResult& result, const char* key, const Json& value) {
    Json json = json_of(result);
    json[key] = value;
    return message_of(ErrorKind::data, [&] { read_back(json); });
  };
  const std::tuple<RunResult, const char*, Json, const char*> wrong[] = {
      {predicting(), "cell", 3, "a text"},
      {predicting(), "seed", -1, "a whole number from 0 on"},
      {predicting(), "test_loss", {0.5, "low"}, "a list of numbers"},
      {predicting(), "test_loss", {0.5}, "2 values, one a replica, or none"},
      {predicting(), "vaa", 0.5, "a list"},
      {predicting(), "best_step", {1, nullptr}, "a list of whole numbers"},
      {predicting(), "solved", {1, 0}, "a list of true and false"},
      {predicting(), "solved_loss", "low", "a number"},
      {predicting(), "failures", Json::array({{{"replica", "one"}}}), "a whole number"},
      {acting(), "optimal_episode", {0.5, nullptr}, "a list of whole numbers"},
      {acting(), "episodes", nullptr, "a whole number"}};
  for (const auto& [result, key, value, expected] : wrong)
    EXPECT_THAT(said(result, key, value), AllOf(HasSubstr("result.json: "), HasSubstr(key), HasSubstr(expected)));
}

class RunRecords : public testing::Test {
 protected:
  TemporaryFolder folder;
  void put_run(const std::string& journal) const {
    put(folder / "config.toml", "seed = 4\n");
    put(folder / "environment.json", R"({"device":"cpu","cores":2,"command":["hysteron","train"],"note":null})");
    put(folder / "result.json", json_line(json_of(predicting())));
    put(folder / "journal.jsonl", journal);
  }
};

TEST_F(RunRecords, HoldAllThatARunLeft) {
  put_run(
      "{\"event\":\"started\",\"seconds\":0.0,\"device\":\"cpu\",\"quick\":true,\"parameters\":12}\n"
      "{\"event\":\"validated\",\"seconds\":1.5,\"update\":10,\"valid_loss\":[0.5,null],\"valid_accuracy\":[]}\n"
      "{\"event\":\"validated\",\"seconds\":2.5,\"update\":10,\"valid_loss\":[0.25,2.0]}\n"
      "{\"event\":\"later\",\"seconds\":3.0,\"names\":[\"a\",\"b\"],\"counts\":[1,2],\"level\":null}\n");
  const RunRecord run = read_run(folder.path());
  EXPECT_EQ(run.result.seed, 4);
  EXPECT_EQ(run.configuration, "seed = 4\n");
  using Entry = std::pair<std::string, std::string>;
  EXPECT_THAT(run.environment, ElementsAre(Entry("device", "cpu"), Entry("cores", "2"),
                                           Entry("command", "hysteron train"), Entry("note", "")));
  EXPECT_THAT(run.models, ElementsAre(model_path(folder.path(), 0, 2), folder / "models/replica-01.safetensors"));
  ASSERT_EQ(run.events.size(), 4u);
  const auto value = [&](std::size_t line, std::size_t at) { return run.events[line].values.at(at).second.variant(); };
  EXPECT_EQ(std::get<bool>(value(0, 1)), true);
  EXPECT_EQ(std::get<std::int64_t>(value(0, 2)), 12);
  EXPECT_EQ(run.events[1].seconds, 1.5);
  EXPECT_TRUE(std::isnan(std::get<std::vector<double>>(value(1, 1))[1]));
  EXPECT_THAT(std::get<std::vector<std::string>>(value(3, 0)), ElementsAre("a", "b"));
  EXPECT_THAT(std::get<std::vector<std::int64_t>>(value(3, 1)), ElementsAre(1, 2));
  EXPECT_TRUE(std::isnan(std::get<double>(value(3, 2))));
  // Where a resumed run reported something twice, the last report stands.
  ASSERT_EQ(run.history.valid_loss.size(), 1u);
  EXPECT_THAT(run.history.valid_loss.at(10), ElementsAre(0.25, 2));
}

TEST_F(RunRecords, OfAnUnfinishedRunTellWhatIsKnown) {
  const std::string begun =
      "{\"event\":\"started\",\"seconds\":0.0,\"device\":\"cpu\",\"parameters\":12}\n"
      "{\"event\":\"validated\",\"seconds\":1.5,\"update\":10,\"valid_loss\":[0.5,null]}\n"
      "{\"event\":\"validated\",\"seconds\":2.5,\"update\":20,\"valid_loss\":[0.75,2.0]}\n";
  put_run(begun + "{\"event\":\"valid");
  put(folder / "config.toml", "seed = 4\nreplicas = 2\n[task]\nname = \"t\"\n[model]\ncell = \"gru\"\n");
  std::filesystem::remove(folder / "result.json");
  message_of(ErrorKind::usage, [&] { read_run(folder.path()); });
  const auto read = [&] { return read_run(folder.path(), Unfinished::read); };
  const RunRecord run = read();
  EXPECT_EQ(run.state, RunState::interrupted);
  EXPECT_EQ(run.result.task + run.result.cell, "tgru");
  EXPECT_EQ(run.result.seed, 4);
  EXPECT_EQ(run.result.steps, 20);
  EXPECT_EQ(run.result.device, "cpu");
  EXPECT_THAT(run.result.predictions->valid_loss, ElementsAre(0.5, 2.0));
  EXPECT_THAT(run.result.predictions->best_step, ElementsAre(10, 20));
  EXPECT_EQ(run.events.size(), 3u);
  put(folder / "journal.jsonl", begun + "{\"event\":\"stopped\",\"seconds\":3.0,\"update\":30}\n");
  EXPECT_EQ(read().state, RunState::stopped);
  EXPECT_EQ(read().result.steps, 30);
  {
    const FolderLock lock(folder.path(), "the run");
    EXPECT_EQ(read().state, RunState::running);
  }
  put(folder / "journal.jsonl", "{\"event\":\"evaluated\",\"seconds\":3.0,\"episode\":7,\"return\":[0.5,1.0]}\n");
  EXPECT_THAT(read().result.policies->last_return, ElementsAre(0.5, 1.0));
  std::filesystem::remove(folder / "journal.jsonl");  // the run has only just begun
  EXPECT_EQ(read().result.steps, 0);
}

TEST_F(RunRecords, SayWhichLineIsWrong) {
  const std::pair<const char*, const char*> wrong[] = {
      {R"({"event":"validated","seconds":1.0,"update":1,"valid_loss":[0.5,"low"]})", "valid_loss is wrong"},
      {R"({"event":"validated","seconds":1.0,"update":-1,"valid_loss":[0.5,1.0]})", "update is wrong"},
      {R"({"event":"later","seconds":1.0,"more":{"a":1}})", "more is wrong"},
      {R"({"event":"later"})", "seconds is wrong"},
      {R"({"event":"memory","seconds":1.0,"when":"trained","replica":0,"error_by_lag":[1],"variance_by_lag":[1,2]})",
       "variance_by_lag is wrong"}};
  for (const auto& [line, said] : wrong) {
    put_run(std::string("{\"event\":\"started\",\"seconds\":0.0}\n") + line + "\n");
    EXPECT_THAT(message_of(ErrorKind::data, [&] { read_run(folder.path()); }),
                AllOf(HasSubstr("journal.jsonl, line 2"), HasSubstr(said)));
  }
}

}  // namespace
}  // namespace hysteron
