// What the program does on a machine whose GPU hangs, computes wrong numbers, breaks or disappears: the GPU is
// emulated, and the fault is planted by a variable (planted_fault.hpp).
#include <csignal>

#include <gmock/gmock.h>

#include "tests/child_program.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Gate : public ProgramTest {
 protected:
  /// A small training run on the device that auto takes.
  Ended trains(std::vector<std::string> variables, const std::string& more = "", int units = 8) const {
    variables.push_back("XDG_CACHE_HOME=" + (folder / "cache").string());
    return hysteron(
        "train --task copy_first_input --units " + std::to_string(units) +
            " --set task.steps=5 --set task.train=64 --set task.test=32 "
            "--set train.updates=8 --set train.validate_every=4 --set init.measure_draws=0 --json --out run --force " +
            more,
        std::move(variables));
  }
  static std::string fault(const std::string& planted) { return "EMULATED_FAULT=" + planted; }
  static std::string device_of(const Ended& ended) { return ended.json()["device"]; }
};

TEST_F(Gate, AGpuThatPassesIsTakenAndItsVerdictIsKept) {
  const Ended first = trains({});
  EXPECT_EQ(device_of(first), "cuda:0") << first.err;
  EXPECT_THAT(first.err, Not(HasSubstr("warning")));
  EXPECT_THAT(bytes("cache/hysteron/devices.json"), AllOf(HasSubstr("build "), HasSubstr("\"cluster\"")));
  // A second start asks the cache: the planted fault is not found, and the run meets it.
  EXPECT_THAT(trains({fault("error gather_rows")}).err, Not(HasSubstr("test of cuda:0")));
}

TEST_F(Gate, AScheduleThatFailsIsShutAndStepwiseServes) {
  for (const auto& [planted, said] : std::vector<std::pair<std::string, std::string>>{
           {"hang persistent_forward<hysteron::Gru<float>", "the schedule solo failed (gru: no answer in "},
           {"wrong persistent_backward", "the schedule solo failed (gru: relative error "},
           {"error scan_forward", "the schedule scan failed (brc: cuda"}}) {
    std::filesystem::remove_all(folder / "cache");
    const Ended ended = trains({fault(planted)});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(device_of(ended), "cuda:0") << planted;
    EXPECT_THAT(ended.err, AllOf(HasSubstr("warning: test of cuda:0: " + said), HasSubstr("stepwise serves instead")));
  }
}

TEST_F(Gate, AGpuThatFailsIsPassedOver) {
  for (const auto& [planted, said] :
       std::vector<std::pair<std::string, std::string>>{{"hang stepwise_forward", "brc, stepwise: no answer in "},
                                                        {"wrong closeness_sums", "brc, stepwise: relative error "},
                                                        {"vanish 0", "adam: cuda"}}) {
    std::filesystem::remove_all(folder / "cache");
    const Ended ended = trains({fault(planted)});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(device_of(ended), "cpu") << planted;
    EXPECT_THAT(ended.err, AllOf(HasSubstr("warning: test of cuda:0: " + said), HasSubstr("passed over")));
  }
}

TEST_F(Gate, AGpuThatDisappearsOnTheWayGivesWayToTheCpu) {
  ASSERT_EQ(trains({}).code, 0);  // the verdict is known
  std::filesystem::remove_all(folder / "run");
  const Ended ended = trains({fault("vanish 300")}, "--set train.updates=60");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(device_of(ended), "cpu");
  EXPECT_THAT(ended.err, HasSubstr("warning: cuda:0 failed: "));
  EXPECT_THAT(bytes("run/journal.jsonl"), HasSubstr("\"resumed\""));
  EXPECT_THAT(contents(folder / "cache/hysteron/devices.json"), Not(HasSubstr("cluster"))) << "it is tested anew";
}

TEST_F(Gate, AFailureNamesTheRecurrenceThatWasComputed) {
  EXPECT_THAT(fails(4,
                    "train --task copy_first_input --device cuda --units 8 --set task.steps=5 --set task.train=64 "
                    "--set task.test=32 --set init.measure_draws=0 --out run",
                    {fault("error persistent_backward")}),
              HasSubstr("while computing, at the latest, backward over time: gru solo, 5 steps of 8 units"));
}

TEST_F(Gate, WhoeverNamesAGpuGetsItAndIsToldWhatWasFound) {
  ASSERT_EQ(trains({fault("wrong persistent_backward")}).code, 0);
  const Ended insists = trains({}, "--device cuda");
  EXPECT_EQ(device_of(insists), "cuda:0");
  EXPECT_THAT(insists.err, HasSubstr("an earlier test of cuda:0 found: the schedule solo failed"));
  EXPECT_THAT(bytes("run/journal.jsonl"), HasSubstr("\"schedule\":\"solo\""));
  const Ended shut = trains({}, "--schedule solo");
  EXPECT_EQ(shut.code, 2);
  EXPECT_THAT(shut.err, HasSubstr("found it failed the test of this device: gru: relative error"));
}

TEST_F(Gate, OfSeveralGpusTheStrongestThatCanBeUsedIsTaken) {
  const std::vector<std::string> machine{"EMULATED_GPUS=7.5 8.0 9.0", "XDG_CACHE_HOME=" + (folder / "cache").string()};
  EXPECT_EQ(device_of(trains({machine.front()})), "cuda:2");
  const std::string list = hysteron("info --device cpu", machine).out;
  EXPECT_THAT(list, AllOf(HasSubstr("cuda:0: emulated GPU"), HasSubstr("not usable: it has compute capability 7.5"),
                          HasSubstr("cuda:1: emulated GPU"), HasSubstr("cuda:2: emulated GPU")));
  EXPECT_THAT(fails(4, "info --device cuda:0", machine), HasSubstr("compute capability 7.5; this build needs 8.0"));
  EXPECT_THAT(fails(4, "info --device cuda:3", machine), HasSubstr("cuda:0 to cuda:2"));
}

// A part of a GPU may have no room for a cluster.
TEST_F(Gate, WhereNoClusterHasRoomStepwiseServes) {
  const auto small = [&](const std::string& schedule) {
    return trains({"EMULATED_CLUSTERS=0"}, "--cell gru -v --device cuda --schedule " + schedule, 80);
  };
  EXPECT_THAT(small("auto").err, HasSubstr("not cluster: not one cluster of 2 blocks has room on this device"));
  const Ended refused = small("cluster");
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("not one cluster of 2 blocks has room"));
}

TEST_F(Gate, InfoSaysWhichLibrariesAreUsed) {
  const Ended info = hysteron("info --device cpu");
  EXPECT_THAT(info.out, HasSubstr("cuda: uses emulated/libcusolver.so.12"));
}

TEST_F(Gate, InfoSaysWhatWasFoundAndDoesNotHang) {
  const Ended ended = hysteron("info --device cuda", {fault("hang persistent_forward<hysteron::Mgu<float>"),
                                                      "XDG_CACHE_HOME=" + (folder / "cache").string()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.out, testing::ContainsRegex("mgu +solo +FAILED +no answer in [0-9]+ s"));
  EXPECT_THAT(ended.out, testing::ContainsRegex("gru +stepwise ok"));
}

// A device that hangs in a run: the host waits in the driver, and the second signal ends the program.
TEST_F(Gate, TwoSignalsEndAProgramThatWaitsForTheDevice) {
  Child child(HYSTERON_PROGRAM,
              words("train --task copy_first_input --device cuda --units 8 --set task.steps=5 --set task.train=64 "
                    "--set task.test=32 --set init.measure_draws=0 --out run"),
              folder.path(), {fault("hang adam"), "HYSTERON_THREADS=1"});
  ASSERT_TRUE(child.waits_for(folder / "run" / "checkpoint"));
  ::usleep(200000);
  child.send(SIGINT);
  ::usleep(200000);
  child.send(SIGINT);
  EXPECT_EQ(child.wait().code, 130);
}

}  // namespace
}  // namespace hysteron
