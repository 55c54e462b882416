// What happens to a run when nobody can read its output, when the terminal goes away, or at a limit of the system.
#include <csignal>

#include <sys/wait.h>

#include "tests/child_program.hpp"

namespace hysteron {
namespace {

class Streams : public ProgramTest {
 protected:
  /// The exit code of a line of shell, in which $P is the program.
  int shell(const std::string& line) const {
    const std::string whole = "cd '" + folder.path().string() +
                              "'; export HYSTERON_THREADS=1 P='" HYSTERON_PROGRAM
                              "' T='train --task copy_first_input --cell gru --units 4 --layers 1 --set task.steps=5 "
                              "--set task.train=100 --set task.test=100 --set init.measure_draws=0'\n" +
                              line;
    const int status = std::system(whole.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
};

TEST_F(Streams, AnErrorKeepsItsExitCodeThoughNobodyCanReadIt) {
  ASSERT_TRUE(std::filesystem::exists("/dev/full"));
  for (const std::string nowhere :
       {"2>/dev/full", "2>&-", "<&- >&- 2>&-", "2>&1 >/dev/full | true; exit ${PIPESTATUS[0]}"}) {
    const bool pipe = nowhere.find('|') != std::string::npos;
    const auto code = [&](const std::string& line) {
      return shell(pipe ? "bash -c '" + line + " " + nowhere + "'" : line + " " + nowhere);
    };
    EXPECT_EQ(code("$P train nosuch.toml"), 2) << nowhere;
    EXPECT_EQ(code("$P infer --model none --cell gru --inputs none --outputs none"), 3) << nowhere;
  }
}

TEST_F(Streams, ProgressThatNobodyReadsStopsNothing) {
  for (const std::string nowhere : {"2>/dev/full", "2>&-"}) {
    EXPECT_EQ(shell("$P $T --set train.updates=3 --out r --force -v >o " + nowhere), 0) << nowhere;
    EXPECT_TRUE(std::filesystem::exists(folder / "r/result.json"));
    EXPECT_EQ(bytes("r/config.toml").find("error"), std::string::npos);
  }
  EXPECT_EQ(shell("bash -c '$P $T --set train.updates=2000 --out r --force -v 2> >(head -c 1 >/dev/null) >o'"), 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "r/result.json"));
}

TEST_F(Streams, ResultsThatCannotBeWrittenAreAnError) {
  EXPECT_EQ(shell("$P info -q >/dev/full 2>e"), 3);
  EXPECT_THAT(bytes("e"), testing::HasSubstr("cannot write the results to standard output"));
  EXPECT_EQ(shell("$P help --markdown >/dev/full 2>e"), 3);
}

TEST_F(Streams, NothingThatIsSaidGetsIntoAFileOfTheRun) {
  EXPECT_EQ(shell("$P $T --set train.updates=3 --out r -v <&- >&- 2>&-"), 0);
  for (const char* const file : {"r/config.toml", "r/journal.jsonl", "r/environment.json", "r/result.json"}) {
    EXPECT_EQ(bytes(file).find("replica  VAA"), std::string::npos) << file;
    EXPECT_EQ(bytes(file).find("cannot write"), std::string::npos) << file;
  }
  succeeds("report r --out page.html");
}

TEST_F(Streams, AHangUpStopsARunWithItsCheckpoint) {
  const std::string line =
      "train --task copy_first_input --cell gru --units 4 --layers 1 --set task.steps=5 --set task.train=100 "
      "--set task.test=100 --set init.measure_draws=0 --set train.updates=1000000000 "
      "--set train.checkpoint_every=1000000000 --out run";
  std::signal(SIGHUP, SIG_DFL);  // the tests may themselves have been started with nohup
  Child child(HYSTERON_PROGRAM, words(line), folder.path(), {"HYSTERON_THREADS=1"});
  ASSERT_TRUE(child.waits_for(folder / "run/checkpoint")) << child.wait().err;
  child.send(SIGHUP);
  EXPECT_EQ(child.wait().code, 75);
  // What nohup ignores stays ignored: the run continues until the next signal.
  EXPECT_EQ(shell("(trap '' HUP; exec $P $T --set train.updates=1000000000 --set train.checkpoint_every=1000000000 "
                  "--out r -q) & p=$!; until [ -d r/checkpoint ]; do sleep 0.02; done; kill -HUP $p; sleep 0.3; "
                  "kill -0 $p && kill -TERM $p; wait $p"),
            75);
}

// Batch systems announce the end of a job with a signal; past its limit on processor time a process hears SIGXCPU again
// and again.
TEST_F(Streams, OtherSignalsOfBatchSystemsStopARunToo) {
  for (const std::string signals : {"USR1", "USR2", "XCPU", "XCPU XCPU XCPU"}) {
    EXPECT_EQ(shell("$P $T --set train.updates=1000000000 --set train.checkpoint_every=1000000000 --out r -q --force & "
                    "p=$!; until [ -d r/checkpoint ]; do sleep 0.02; done; for s in " +
                    signals + "; do kill -$s $p; done; wait $p"),
              75)
        << signals;
    EXPECT_TRUE(std::filesystem::exists(folder / "r/checkpoint/state.safetensors")) << signals;
    std::filesystem::remove_all(folder / "r");
  }
}

TEST_F(Streams, AFileThatMayNotGrowIsAnErrorWithItsName) {
  const std::string hint = "raise the limit on the size of files (ulimit -f)";
  ASSERT_EQ(shell("$P $T --set train.updates=3 --out whole -q >o"), 0);
  const std::pair<const char*, const char*> lines[] = {
      {"$P $T --set train.updates=3 --out r -q", "config.toml"},
      {"$P report whole --out page.html", "cannot write page.html"},
      {"$P prepare --task copy_first_input --cell gru --units 40 --layers 1 --set task.steps=5 --out model", "model"}};
  for (const auto& [line, name] : lines) {
    EXPECT_EQ(shell(std::string("bash -c 'ulimit -f 1; ") + line + "' 2>&1 >/dev/null | cat >e; exit 0"), 0);
    EXPECT_EQ(shell(std::string("bash -c 'ulimit -f 1; ") + line + " >/dev/null 2>&1'"), 3) << line;
    EXPECT_THAT(bytes("e"), testing::AllOf(testing::HasSubstr(name), testing::HasSubstr(hint))) << line;
  }
  EXPECT_EQ(shell("(ulimit -f 0; $P info -q >o) 2>/dev/null"), 3);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    EXPECT_EQ(entry.path().string().find(".new-"), std::string::npos) << entry.path() << " is left";
}

TEST_F(Streams, ARunThatMetTheLimitOnTheSizeOfFilesGoesOnToTheSameBits) {
  const std::string line = "$P $T --set train.updates=400 --set train.validate_every=4 ";
  ASSERT_EQ(shell(line + "--out whole -q >o"), 0);
  // The journal grows with every validation, and nothing else that the training writes does.
  const auto limit = std::filesystem::file_size(folder / "whole/journal.jsonl") / 2 / 1024;
  ASSERT_EQ(shell("bash -c 'ulimit -f " + std::to_string(limit) + "; " + line + "--out cut -q >/dev/null 2>&1'"), 3);
  ASSERT_FALSE(std::filesystem::exists(folder / "cut/result.json"));
  ASSERT_GT(std::filesystem::file_size(folder / "cut/journal.jsonl"), limit * 1024 - 1024);
  EXPECT_EQ(shell("$P train --resume cut -q >o"), 0);
  EXPECT_EQ(bytes("cut/models/replica-00.safetensors"), bytes("whole/models/replica-00.safetensors"));
}

TEST_F(Streams, WhatIsNoFileOfARunIsRefusedAtOnce) {
  ASSERT_EQ(shell("$P $T --set train.updates=1000000000 --out r -q & p=$!; until [ -d r/checkpoint ]; do sleep 0.02; "
                  "done; kill -TERM $p; wait $p"),
            75);
  // Without this, a run of days would find out at its end.
  for (const std::string file : {"journal.jsonl", "result.json", "report.html", "models/replica-00.safetensors"})
    for (const std::string make : {"mkfifo ", "ln -s /dev/full ", "ln -s /dev/zero ", "mkdir "}) {
      const std::string line = "rm -rf w; cp -r r w; rm -rf w/" + file + "; " + make + "w/" + file;
      EXPECT_EQ(shell(line + "; timeout 20 $P train --resume w -q 2>e"), 3) << line;
      EXPECT_THAT(bytes("e"), testing::HasSubstr("w/" + file + " is not what a run leaves there")) << line;
    }
  EXPECT_EQ(shell("rm -rf w; cp -r r w; rm -rf w/models; mkfifo w/models; timeout 20 $P train --resume w -q 2>e"), 3);
}

}  // namespace
}  // namespace hysteron
