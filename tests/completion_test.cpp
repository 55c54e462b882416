// Shell completion and the manual page come from the tables of help: bash completes what there is.
#include <gmock/gmock.h>

#include <hysteron/cell_info.hpp>

#include "tests/command_files.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class CompletionOf : public Commands {
 protected:
  void SetUp() override {
    put(folder / "complete.sh", succeeds("completion bash").out + R"(
COMP_WORDS=(hysteron "$@") COMP_CWORD=$#
_hysteron
echo " ${COMPREPLY[*]} "
)");
  }
  /// What bash offers for the last of these words. "_" stands for a word that has not been begun.
  std::string offered(std::vector<std::string> line) const {
    if (line.back() == "_") line.back() = "";
    line.insert(line.begin(), {"--norc", "complete.sh"});
    return Child("/bin/bash", line, folder.path()).wait().out;
  }
};

TEST_F(CompletionOf, BashHasVerbsOptionsAndValues) {
  EXPECT_EQ(offered({"tra"}), " train \n");
  EXPECT_THAT(offered({"_"}), AllOf(HasSubstr(" measure "), HasSubstr(" --version "), Not(HasSubstr(" vaa "))));
  EXPECT_EQ(offered({"measure", "_"}), " gradient memory vaa \n");
  EXPECT_EQ(offered({"measure", "vaa", "--eps"}), " --epsilon \n");
  EXPECT_EQ(offered({"train", "--uni"}), " --units \n");
  EXPECT_EQ(offered({"train", "--units", "3", "run.toml", "--lay"}), " --layers \n");
  EXPECT_EQ(offered({"completion", "_"}), " bash zsh fish \n");
  const std::string cells = offered({"train", "--cell", "_"});
  for (const CellInfo& cell : every_cell()) EXPECT_THAT(cells, HasSubstr(" " + std::string(cell.name) + " "));
  EXPECT_EQ(offered({"train", "--out", "_"}), "  \n");  // the shell's own files
  EXPECT_EQ(offered({"nonsense", "_"}), "  \n");
}

TEST_F(CompletionOf, OtherShellsHaveTheSame) {
  for (const char* shell : {"zsh", "fish"})
    EXPECT_THAT(succeeds("completion " + std::string(shell)).out,
                AllOf(HasSubstr("measure"), HasSubstr("epsilon"), HasSubstr("copy_first_input"), HasSubstr("gru")))
        << shell;
  EXPECT_THAT(fails(2, "completion csh"), HasSubstr("bash, zsh, fish"));
}

TEST_F(CompletionOf, TheManualPageHasEveryVerb) {
  const std::string page = succeeds("help --man").out;
  EXPECT_TRUE(page.starts_with(".TH HYSTERON 1 "));
  for (const char* said : {"\n.SH NAME\n", "\n.SS hysteron measure vaa\n", "\\-\\-epsilon X", "\n.SH EXIT STATUS\n"})
    EXPECT_THAT(page, HasSubstr(said));
  EXPECT_THAT(page, Not(HasSubstr("\n--")));
}

}  // namespace
}  // namespace hysteron
