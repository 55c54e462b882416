// Nothing is lost: a small run whose writing of files is cut short at any place, by the end of the process or by a disk
// that is full or broken, ends with the same bits once it is asked to go on. The faults are planted by a library
// (crash/faulty_files.cpp). A part of the places in each run of the tests; all of them with CRASH_TEST=all (make
// crash).
#include <random>

#include "records/run_folder.hpp"
#include "tests/child_program.hpp"

namespace hysteron {
namespace {

using testing::AnyOf;

class Crash : public ProgramTest {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "AddressSanitizer's runtime has to be loaded before the library that plants faults";
#endif
    reference_ = end_of("whole", run("whole", {"FAULT_COUNT=count"}));
  }

  const std::string train_ =
      "train --task copy_first_input --cell gru --units 3 --layers 1 --set task.steps=4 --set task.train=40 --set "
      "task.test=8 --set train.updates=9 --set train.validate_every=3 --set init.measure_draws=0 ";
  Ended run(const std::string& out, std::vector<std::string> variables, const std::string& more = "") const {
    variables.emplace_back("LD_PRELOAD=" FAULTY_FILES);
    return hysteron(train_ + more + "--out " + out, std::move(variables));
  }
  /// What is kept of a run that ended: its weights and its test loss.
  std::string end_of(const std::string& out, const Ended& ended) const {
    EXPECT_EQ(ended.code, 0) << ended.err;
    return bytes(out + "/models/replica-00.safetensors") +
           nlohmann::json::parse(bytes(out + "/result.json"))["test_loss"].dump();
  }
  /// As a user would go on.
  Ended go_on() const {
    const std::filesystem::path run_folder = folder / "run";
    if (!is_run_folder(run_folder)) return hysteron(train_ + "--out run");
    if (is_finished(run_folder)) return {.code = 0, .out = "", .err = ""};
    if (!has_checkpoint(run_folder)) return hysteron(train_ + "--out run --force");
    return hysteron("train --resume run");
  }

  std::string reference_;
};

TEST_F(Crash, EveryPlaceIsSurvived) {
  const long places = std::stol(bytes("count"));
  EXPECT_GT(places, 60);
  const char* const asked = std::getenv("CRASH_TEST");
  const bool all = asked && std::string(asked) == "all";
  std::mt19937 random(static_cast<unsigned>(::testing::UnitTest::GetInstance()->random_seed()));
  std::uniform_int_distribution<long> any(1, places);
  const std::vector<std::string> kinds{"kill", "half", "ENOSPC", "EIO"};
  constexpr int some = 40;
  const long cases = all ? places * static_cast<long>(kinds.size()) : some;
  for (long i = 0; i < cases; ++i) {
    const std::string& kind = kinds[static_cast<std::size_t>(i) % kinds.size()];
    const std::string at = std::to_string(all ? i / static_cast<long>(kinds.size()) + 1 : any(random));
    SCOPED_TRACE(kind + " at call " + at);
    std::filesystem::remove_all(folder / "run");
    const Ended ended = run("run", {"FAULT_AT=" + at, "FAULT_KIND=" + kind});
    // A full disk is an error that says so; no error is one of the program itself.
    if (kind == "kill" || kind == "half")
      EXPECT_EQ(ended.code, 137);
    else
      EXPECT_THAT(ended.code, AnyOf(0, 3)) << ended.err;
    if (ended.code == 3) {
      EXPECT_THAT(ended.err, testing::HasSubstr("error: cannot "));
    }
    EXPECT_EQ(end_of("run", go_on()), reference_);
  }
  std::printf("crashes: %ld of %ld places, %s\n", cases, places * static_cast<long>(kinds.size()), "each gone on from");
}

}  // namespace
}  // namespace hysteron
