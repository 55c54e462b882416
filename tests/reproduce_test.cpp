// `reproduce`: an experiment with many arms, killed, stopped and resumed.
#include <csignal>
#include <regex>

#include <gmock/gmock.h>

#include "files/folder_lock.hpp"
#include "files/json.hpp"
#include "tests/child_program.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string tiny =
    "reproduce denoising --replicas 2 --set model.units=4 --set model.layers=1 --set task.steps=40 --set task.train=60 "
    "--set task.test=10 --set train.updates=6 --set train.batch=5 --set train.validate_every=2 --set train.vaa_every=0 "
    "--set init.measure_draws=0 --set init.steps=2 --json ";

class ReproduceTest : public ProgramTest {
 protected:
  /// Every number of the table except the seconds.
  static Json numbers(const Json& result) {
    Json rows = result.at("rows");
    for (Json& row : rows) row.erase("seconds"), row.erase("run");
    return rows;
  }
};

TEST_F(ReproduceTest, ListsItsExperiments) {
  EXPECT_THAT(succeeds("reproduce --list").out, AllOf(HasSubstr("copy"), HasSubstr("denoising"), HasSubstr("t_maze")));
  EXPECT_EQ(succeeds("reproduce --list --json").json()["experiments"][0]["name"], "copy");
}

TEST_F(ReproduceTest, GivesATableAPageAndARunForEachArm) {
  const Ended ended = succeeds(tiny + "--out all");
  const Json result = ended.json();
  ASSERT_EQ(result["rows"].size(), 12u);  // 2 forgetting periods, 2 cells, 3 starts
  EXPECT_EQ(result["comparisons"].size(), 8u);
  EXPECT_THAT(ended.out, AllOf(HasSubstr("pad5-gru-classic"), HasSubstr("What differs from the papers' own code:")));
  for (const Json& row : result["rows"]) {
    const std::string arm = row["arm"].get<std::string>();
    EXPECT_TRUE(std::filesystem::exists(folder / "all" / arm / "models" / "replica-01.safetensors")) << arm;
    EXPECT_EQ(row["test_loss"]["count"], 2) << arm;
  }
  EXPECT_THAT(bytes("all/report.html"), HasSubstr("reproduce denoising (quick)"));
  // A key that only some arms know is set for those.
  EXPECT_THAT(bytes("all/pad5-gru-warm_up/config.toml"), HasSubstr("\nsteps = 2 "));
  // All of it is done: resuming changes nothing.
  EXPECT_EQ(succeeds("reproduce --resume all --json").json()["rows"], result["rows"]);
}

TEST_F(ReproduceTest, GoesOnAfterASignalAndAfterAKill) {
  const Json whole = succeeds(tiny + "--out whole").json();
  for (const int signal : {SIGTERM, SIGKILL}) {
    const std::string out = "cut-" + std::to_string(signal);
    Child child(HYSTERON_PROGRAM, words(tiny + "--out " + out), folder.path(), {"HYSTERON_THREADS=1"});
    ASSERT_TRUE(child.waits_for(folder / out / "pad5-gru-double"));
    child.send(signal);
    const Ended ended = child.wait();
    ASSERT_NE(ended.code, 0) << "it was over before the signal";
    if (signal == SIGTERM) {
      EXPECT_EQ(ended.code, 75) << ended.err;
      EXPECT_THAT(ended.err, HasSubstr("hysteron reproduce --resume " + out));
    }
    EXPECT_EQ(numbers(succeeds("reproduce --resume " + out + " --json").json()), numbers(whole));
  }
}

TEST_F(ReproduceTest, RefusesWhatItCannotDo) {
  EXPECT_THAT(fails(2, "reproduce"), HasSubstr("reproduce --list"));
  EXPECT_THAT(fails(2, "reproduce copi"), AllOf(HasSubstr("copi"), HasSubstr("copy")));
  EXPECT_THAT(fails(2, "reproduce copy --scale small"), HasSubstr("quick"));
  EXPECT_THAT(fails(2, "reproduce copy --set train.bacth=3"), HasSubstr("train.batch"));
  EXPECT_FALSE(std::filesystem::exists(folder / "runs"));  // nothing was written
  std::filesystem::create_directories(folder / "there");
  EXPECT_THAT(fails(2, "reproduce copy --out there --force"), HasSubstr("is there already"));
  EXPECT_THAT(fails(2, "reproduce --resume there"), HasSubstr("is not the folder of a reproduction"));
  // A task that is impossible in the last arm is found before the first arm runs.
  EXPECT_THAT(fails(2, tiny + "--set task.steps=12 --out out"), HasSubstr("pad30-gru-classic"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
  for (const std::string plan :
       {"{}", "[]", "{\"name\":1}", "{\"name\":\"copy\",\"scale\":\"quick\",\"settings\":[3]}"}) {
    put(folder / "there/reproduction.json", plan);
    EXPECT_THAT(fails(3, "reproduce --resume there"), HasSubstr("reproduction.json")) << plan;
  }
}

TEST_F(ReproduceTest, KeepsTheOldOneUntilANewOneCanBegin) {
  const std::string only = tiny + "--set train.updates=0 --out all ";
  succeeds(only);
  const std::string before = bytes("all/result.json");
  fails(2, only);
  fails(2, only + "--force --set task.steps=12");
  EXPECT_EQ(bytes("all/result.json"), before);
  for (const std::string more : {"--set train.updates=9", "--replicas 3", "--out b", "--force", "--scale full", "copy"})
    EXPECT_THAT(fails(2, "reproduce --resume all " + more), HasSubstr("--resume")) << more;
  EXPECT_EQ(bytes("all/result.json"), before);
  const FolderLock other(folder / "all", "the reproduction");
  EXPECT_THAT(fails(2, "reproduce --resume all"), HasSubstr("goes on in another process"));
  EXPECT_THAT(fails(2, only + "--force"), HasSubstr("goes on in another process"));
  EXPECT_EQ(bytes("all/result.json"), before);
}

// Tables of networks that failed are not a success.
TEST_F(ReproduceTest, TellsOfReplicasThatFailed) {
  const Ended ended = hysteron(tiny + "--set train.learning_rate=1e38 --out all");
  EXPECT_EQ(ended.code, 5);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("all/pad5-gru-classic:"), HasSubstr("replica 0 stopped")));
  EXPECT_EQ(ended.json()["rows"].size(), 12u);
}

}  // namespace
}  // namespace hysteron
