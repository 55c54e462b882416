// The scripts that check the kernels' registers (cmake/record_ptxas.sh, kernel_resources.sh, kernel_budget.sh), with a
// compiler that only prints what nvcc prints.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct Outcome {
  int code = -1;
  std::string text;  // stdout and stderr
};

class KernelBudget : public testing::Test {
 protected:
  const fs::path folder =
      fs::path(testing::TempDir()) /
      ("kernel_budget_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
  void SetUp() override {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  void write(const std::string& name, const std::string& text) const { std::ofstream(folder / name) << text; }
  std::string read(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(folder / name).rdbuf();
    return text.str();
  }
  Outcome run(const std::string& script, const std::string& arguments) const {
    const std::string command =
        "cd '" + folder.string() + "' && sh " HYSTERON_SOURCE_DIR "/cmake/" + script + " " + arguments;
    Outcome outcome;
    FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
    for (int letter = std::fgetc(pipe); letter != EOF; letter = std::fgetc(pipe))
      outcome.text += static_cast<char>(letter);
    outcome.code = WEXITSTATUS(pclose(pipe));
    return outcome;
  }
  /// The verdict on the kernels of `line` under a budget that knows the cell Brc.
  Outcome check(const std::string& budget, const std::string& line, const std::string& version = "13.0") const {
    write("table", "kernel\tarchitecture\tregisters\tshared\tstack\tspilled\n" + line);
    write("budget", "nvcc 13.0\tregisters\tshared\tBrc\n" + budget);
    return run("kernel_budget.sh", "check table budget " + version);
  }
};

TEST_F(KernelBudget, WhatPtxasTellsBecomesATable) {
  write("compiler", R"(
cat >&2 <<'TOLD'
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function '_ZN8hysteron4cuda4scanIdEEvT_' for 'sm_90'
ptxas info    : Function properties for _ZN8hysteron4cuda4scanIdEEvT_
    8 bytes stack frame, 4 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 96 registers, used 1 barriers, 256 bytes smem, 360 bytes cmem[0]
a warning
TOLD
exit 3
)");
  const Outcome compiled = run("record_ptxas.sh", "sh compiler -c kernel.cu -o kernel.cu.o");
  EXPECT_EQ(compiled.code, 3);
  EXPECT_EQ(compiled.text, "a warning\n");
  EXPECT_EQ(run("kernel_resources.sh", "table kernel.cu.o host.cpp.o").code, 0);
  EXPECT_EQ(read("table"),
            "kernel\tarchitecture\tregisters\tshared\tstack\tspilled\nscan<double>\tsm_90\t96\t256\t8\t16\n");
}

TEST_F(KernelBudget, WithinItPassesAndAboveItFails) {
  const std::string kernel = "scan<double>\tsm_90\t40\t256\t0\t0\n";
  EXPECT_EQ(check("scan\t40\t256\n", kernel).code, 0);
  const Outcome registers = check("scan\t39\t256\n", kernel);
  EXPECT_EQ(registers.code, 1);
  EXPECT_THAT(registers.text, HasSubstr("scan<double> for sm_90: 40 registers, budget 39"));
  EXPECT_THAT(check("scan\t40\t255\n", kernel).text, HasSubstr("256 bytes of shared memory, budget 255"));
  EXPECT_EQ(check("", kernel).code, 1);
  EXPECT_THAT(check("", kernel).text, HasSubstr("no budget for scan"));
  EXPECT_THAT(check("scan\t40\t256\nother\t1\t1\n", kernel).text, HasSubstr("other: in the budget, not in the build"));
  EXPECT_EQ(check("", "").code, 1);
}

TEST_F(KernelBudget, ASpillFailsWhateverTheCompiler) {
  const std::string spills = "scan<double>\tsm_90\t40\t256\t0\t8\n";
  EXPECT_EQ(check("scan\t40\t256\n", spills).code, 1);
  EXPECT_THAT(check("scan\t40\t256\n", spills, "12.9").text, HasSubstr("8 bytes spilled"));
  const Outcome other = check("scan\t10\t256\n", "scan<double>\tsm_90\t40\t256\t0\t0\n", "12.9");
  EXPECT_EQ(other.code, 0);
  EXPECT_THAT(other.text, HasSubstr("registers not compared"));
}

// A cell is one file: its kernels pass without a line of their own, but none may spill, and the output says that they
// were not compared.
TEST_F(KernelBudget, KernelsOfACellThatIsNewerAreToldAndMayNotSpill) {
  const std::string budget = "scan\t40\t256\n", known = "scan<Brc<float>>\tsm_90\t40\t256\t0\t0\n";
  const Outcome found = check(budget, known + "scan<Wide<float>, 2>\tsm_90\t41\t257\t0\t0\n");
  EXPECT_EQ(found.code, 0);
  EXPECT_THAT(found.text, HasSubstr("Wide: 1 kernels not compared"));
  EXPECT_EQ(check(budget, known + "scan<Wide<float>, 2>\tsm_90\t9\t0\t0\t8\n").code, 1);
  EXPECT_EQ(check(budget, "scan<Brc<float>>\tsm_90\t41\t256\t0\t0\n").code, 1);
}

TEST_F(KernelBudget, AnUpdateWritesWhatIs) {
  check("old\t1\t1\n",
        "scan<double>\tsm_90\t40\t256\t0\t0\nscan<float>\tsm_80\t60\t0\t0\t0\nlibrary x\tsm_90\t9\t9\t0\t0\n"
        "scan<Gru<float>, 1>\tsm_80\t6\t0\t0\t0\nscan<Brc<double>>\tsm_80\t6\t0\t0\t0\n");
  EXPECT_EQ(run("kernel_budget.sh", "update table budget 13.0").code, 0);
  EXPECT_EQ(read("budget"), "nvcc 13.0\tregisters\tshared\tBrc Gru\nscan\t60\t256\n");
  EXPECT_EQ(run("kernel_budget.sh", "check table budget 13.0").code, 0);
  EXPECT_EQ(run("kernel_budget.sh", "judge table budget 13.0").code, 2);
}

}  // namespace
