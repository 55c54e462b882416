#include "records/run_folder.hpp"

#include <cstdlib>

#include <sys/stat.h>
#include <sys/wait.h>

#include "files/atomic_file.hpp"
#include "files/json.hpp"
#include "files/safetensors.hpp"
#include "tests/record_files.hpp"

namespace hysteron {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

RunFolder create(const std::filesystem::path& path, Existing existing = Existing::refuse,
                 const std::string& config = "seed = 1\n") {
  return RunFolder::create(path, existing, config, "{}\n");
}

void checkpoint(const RunFolder& run, const std::string& text) {
  run.write_checkpoint([&](const std::filesystem::path& folder) { write_file(folder / "state", text); });
}

/// Runs `work` in a process that ends as if it had been killed.
template <class Work>
void killed(Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    std::_Exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
}

TEST(RunFolder, HasItsConfigurationFromTheBeginning) {
  const TemporaryFolder folder;
  const RunFolder run = create(folder / "runs" / "x");
  EXPECT_EQ(contents(run.config()), "seed = 1\n");
  EXPECT_EQ(contents(run.path() / "environment.json"), "{}\n");
  EXPECT_TRUE(std::filesystem::is_directory(run.path() / "models"));
  EXPECT_TRUE(is_run_folder(run.path()));
  EXPECT_FALSE(is_finished(run.path()));
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "runs"))
    names.push_back(entry.path().filename().string());
  EXPECT_THAT(names, ElementsAre("x"));
}

TEST(RunFolder, IsNeverOverwrittenUnasked) {
  const TemporaryFolder folder;
  { create(folder / "x"); }
  EXPECT_THAT(message_of(ErrorKind::usage, [&] { create(folder / "x", Existing::refuse, "seed = 2\n"); }),
              AllOf(HasSubstr("exists already"), HasSubstr("an unfinished run"),
                    HasSubstr("--resume goes on with it, --force replaces it")));
  EXPECT_EQ(contents(folder / "x" / "config.toml"), "seed = 1\n");
  put(folder / "x" / "result.json", "{}");
  EXPECT_THAT(message_of(ErrorKind::usage, [&] { create(folder / "x"); }),
              AllOf(HasSubstr("a finished run"), HasSubstr("hint: --force replaces it")));
  EXPECT_THAT(folder.names(), ElementsAre("x"));
}

TEST(RunFolder, IsReplacedWholeWhenAsked) {
  const TemporaryFolder folder;
  {
    const RunFolder run = create(folder / "x");
    run.write_result("{}");
    put(model_path(run.path(), 0, 1), "model");
  }
  const RunFolder run = create(folder / "x" / "", Existing::replace, "seed = 2\n");  // with a trailing separator
  EXPECT_EQ(contents(folder / "x" / "config.toml"), "seed = 2\n");
  EXPECT_FALSE(is_finished(run.path()));
  EXPECT_FALSE(std::filesystem::exists(model_path(run.path(), 0, 1)));
  EXPECT_THAT(folder.names(), ElementsAre("x"));
}

TEST(RunFolder, ReplacesNothingButRuns) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "thesis");
  put(folder / "thesis" / "report.html", "years of work");
  put(folder / "file", "a file");
  for (const Existing existing : {Existing::refuse, Existing::replace}) {
    message_of(ErrorKind::usage, [&] { create(folder / "thesis", existing); });
    message_of(ErrorKind::usage, [&] { create(folder / "file", existing); });
  }
  EXPECT_THAT(message_of(ErrorKind::usage, [&] { create(folder / "thesis", Existing::replace); }),
              AllOf(HasSubstr("is not a run folder, and is not replaced"), HasSubstr("--out")));
  EXPECT_EQ(contents(folder / "thesis" / "report.html"), "years of work");
  EXPECT_EQ(contents(folder / "file"), "a file");
  EXPECT_THAT(folder.names(), UnorderedElementsAre("thesis", "file"));
}

TEST(RunFolder, TakesAnEmptyFolder) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "x");
  create(folder / "x");
  EXPECT_TRUE(is_run_folder(folder / "x"));
}

ino_t number_of(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_ino;
}

// A mount point, the folder that somebody works in, and what a link leads to are filled, not exchanged.
TEST(RunFolder, StaysTheSameFolder) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "x");
  const ino_t number = number_of(folder / "x");
  create(folder / "x").write_result("{}");
  EXPECT_EQ(number_of(folder / "x"), number);
  create(folder / "x", Existing::replace, "seed = 2\n");
  EXPECT_EQ(number_of(folder / "x"), number);
  EXPECT_EQ(contents(folder / "x" / "config.toml"), "seed = 2\n");
  EXPECT_FALSE(is_finished(folder / "x"));
}

TEST(RunFolder, MayBeTheWorkingFolderOrOneAbove) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "a" / "b");
  killed([&] {
    std::filesystem::current_path(folder / "a" / "b");
    create(".");
    put("../../log", std::filesystem::is_regular_file("config.toml") ? "there" : "not there");
  });
  EXPECT_EQ(contents(folder / "log"), "there");
  EXPECT_TRUE(is_run_folder(folder / "a" / "b"));
  EXPECT_NO_THROW(create(folder / "a" / "b" / ".." / ".."));
  EXPECT_TRUE(is_run_folder(folder.path()));
}

TEST(RunFolder, IsMadeWhereALinkLeads) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "scratch");
  std::filesystem::create_directory_symlink(folder / "scratch", folder / "link");
  create(folder / "link").write_result("{}");
  EXPECT_TRUE(is_finished(folder / "scratch"));
  create(folder / "link" / "", Existing::replace, "seed = 2\n");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(contents(folder / "scratch" / "config.toml"), "seed = 2\n");
  create(folder / "link" / "inner");
  EXPECT_TRUE(is_run_folder(folder / "scratch" / "inner"));
  std::filesystem::create_directory_symlink(folder / "nowhere", folder / "broken");
  EXPECT_THAT(message_of(ErrorKind::usage, [&] { create(folder / "broken", Existing::replace); }),
              AllOf(HasSubstr("is a link to nothing"), HasSubstr("nowhere")));
  EXPECT_THAT(folder.names(), UnorderedElementsAre("scratch", "link", "broken"));
}

TEST(RunFolder, SaysThatThereIsNoPlace) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("loop", folder / "loop");
  EXPECT_THAT(
      message_of(ErrorKind::data, [&] { RunFolder::create(folder / "loop/run", Existing::refuse, "c = 1\n", "{}"); }),
      AllOf(HasSubstr("cannot find out where"), HasSubstr("hint: name another folder")));
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::create_directory(folder / "gone");
  std::filesystem::current_path(folder / "gone");
  std::filesystem::remove(folder / "gone");
  const std::string said =
      message_of(ErrorKind::data, [&] { RunFolder::create("run", Existing::refuse, "c = 1\n", "{}"); });
  std::filesystem::current_path(before);
  EXPECT_THAT(said, HasSubstr("the present folder is not there any more"));
}

// What a process leaves that is killed while it fills a folder, or empties one.
TEST(RunFolder, CanBeTriedAgain) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "x" / "models");
  put(folder / "x" / "environment.json.new-7", "{");
  EXPECT_NO_THROW(create(folder / "x"));
  std::filesystem::create_directories(folder / "y" / "models");
  put(folder / "y" / "models" / "replica-00.safetensors", "somebody's");
  EXPECT_THAT(message_of(ErrorKind::usage, [&] { create(folder / "y", Existing::replace); }),
              HasSubstr("is not a run folder"));
  std::filesystem::remove(folder / "x" / "config.toml");
  EXPECT_NO_THROW(create(folder / "x"));
}

TEST(RunFolder, IsNotTheRootNorTheHomeFolder) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of(ErrorKind::usage, [] { create("/", Existing::replace); }),
              HasSubstr("the root of the file system"));
  const char* const home = std::getenv("HOME");
  const std::string before = home ? home : "";
  ::setenv("HOME", folder.path().c_str(), 1);
  EXPECT_THAT(message_of(ErrorKind::usage, [&] { create(folder.path()); }), HasSubstr("the home folder"));
  EXPECT_NO_THROW(create(folder / "runs" / "x"));
  home ? ::setenv("HOME", before.c_str(), 1) : ::unsetenv("HOME");
}

TEST(RunFolder, LeavesWhatOthersHaveInIt) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "lost+found");
  put(folder / "log.txt", "somebody's");
  create(folder.path()).write_result("{}");
  put(folder / "config.toml.new-7", "of a process that was killed");
  create(folder.path(), Existing::replace, "seed = 2\n");
  EXPECT_THAT(folder.names(),
              UnorderedElementsAre("lost+found", "log.txt", "config.toml", "environment.json", "models"));
}

TEST(RunFolder, NamesOfReplicasAreInTheOrderOfTheirNumbers) {
  EXPECT_EQ(model_path("x", 0, 1).filename(), "replica-00.safetensors");
  EXPECT_EQ(model_path("x", 99, 100).filename(), "replica-99.safetensors");
  for (const int replicas : {101, 1000, 1001})
    for (int replica = 1; replica < replicas; ++replica)
      ASSERT_LT(model_path("x", replica - 1, replicas), model_path("x", replica, replicas));
}

TEST(RunFolder, BelongsToOneProcess) {
  const TemporaryFolder folder;
  {
    const RunFolder run = create(folder / "x");
    checkpoint(run, "1");
    EXPECT_THAT(message_of(ErrorKind::usage, [&] { RunFolder::resume(folder / "x"); }),
                HasSubstr("goes on in another process"));
    EXPECT_THAT(message_of(ErrorKind::usage, [&] { create(folder / "x", Existing::replace); }),
                HasSubstr("goes on in another process"));
  }
  EXPECT_NO_THROW(RunFolder::resume(folder / "x"));
}

TEST(RunFolder, ResumesOrSaysWhyNot) {
  const TemporaryFolder folder;
  const auto reason = [&](const std::string& name) {
    return message_of(ErrorKind::usage, [&] { RunFolder::resume(folder / name); });
  };
  EXPECT_THAT(reason("none"), AllOf(HasSubstr("cannot be resumed"), HasSubstr("nothing of that name")));
  std::filesystem::create_directory(folder / "other");
  EXPECT_THAT(reason("other"), HasSubstr("no run folder"));
  { create(folder / "x"); }
  EXPECT_THAT(reason("x"), AllOf(HasSubstr("no checkpoint"), HasSubstr("--force")));
  std::filesystem::create_directory(folder / "x" / "checkpoint");
  EXPECT_THAT(reason("x"), HasSubstr("no checkpoint"));
  std::filesystem::remove(folder / "x" / "checkpoint");
  killed([&] { checkpoint(RunFolder(create(folder / "y")), "state 1"); });
  EXPECT_EQ(contents(RunFolder::resume(folder / "y").checkpoint() / "state"), "state 1");
  RunFolder::resume(folder / "y").write_result("{\"a\":1}");
  EXPECT_EQ(contents(folder / "y" / "result.json"), "{\"a\":1}\n");
  EXPECT_THAT(reason("y"), HasSubstr("finished"));
}

TEST(RunFolder, HasAWholeCheckpointAtAnyMoment) {
  const TemporaryFolder folder;
  {
    const RunFolder run = create(folder / "x");
    checkpoint(run, "state 1");
    checkpoint(run, "state 2");
    EXPECT_EQ(contents(run.checkpoint() / "state"), "state 2");
    EXPECT_EQ(contents(run.earlier_checkpoint() / "state"), "state 1");
    EXPECT_FALSE(std::filesystem::exists(run.path() / "checkpoint.new"));
  }
  // Killed while it was being written.
  killed([&] {
    RunFolder::resume(folder / "x").write_checkpoint([](const std::filesystem::path& fresh) {
      write_file(fresh / "half", "a");
      std::_Exit(0);
    });
  });
  EXPECT_TRUE(std::filesystem::exists(folder / "x" / "checkpoint.new"));
  EXPECT_EQ(contents(RunFolder::resume(folder / "x").checkpoint() / "state"), "state 2");
  EXPECT_FALSE(std::filesystem::exists(folder / "x" / "checkpoint.new"));
  // Killed between the two renames.
  std::filesystem::remove_all(folder / "x" / "checkpoint.old");
  std::filesystem::rename(folder / "x" / "checkpoint", folder / "x" / "checkpoint.old");
  std::filesystem::create_directory(folder / "x" / "checkpoint.new");
  put(folder / "x" / "checkpoint.new" / "state", "state 3");
  EXPECT_EQ(contents(RunFolder::resume(folder / "x").checkpoint() / "state"), "state 3");
  EXPECT_EQ(contents(folder / "x" / "checkpoint.old" / "state"), "state 2");
  // Killed before the first one was complete.
  killed([&] { create(folder / "y").write_checkpoint([](const std::filesystem::path&) { std::_Exit(0); }); });
  EXPECT_THAT(message_of(ErrorKind::usage, [&] { RunFolder::resume(folder / "y"); }), HasSubstr("no checkpoint"));
}

TEST(RunFolder, TakesTheEarlierCheckpoint) {
  const TemporaryFolder folder;
  const RunFolder run = create(folder / "x");
  checkpoint(run, "state 1");
  EXPECT_FALSE(run.has_earlier_checkpoint());
  checkpoint(run, "state 2");
  checkpoint(run, "state 3");
  ASSERT_TRUE(run.has_earlier_checkpoint());
  run.take_earlier_checkpoint();
  EXPECT_EQ(contents(run.checkpoint() / "state"), "state 2");
  EXPECT_EQ(contents(folder / "x" / "checkpoint.damaged" / "state"), "state 3");
  EXPECT_FALSE(run.has_earlier_checkpoint());
  checkpoint(run, "state 4");
  EXPECT_EQ(contents(run.earlier_checkpoint() / "state"), "state 2");
}

TEST(RunFolder, AnErrorLeavesTheCheckpointBefore) {
  const TemporaryFolder folder;
  const RunFolder run = create(folder / "x");
  checkpoint(run, "state 1");
  message_of(ErrorKind::data,
             [&] { run.write_checkpoint([](const auto&) { throw data_error({.what = "disk full"}); }); });
  EXPECT_EQ(contents(run.checkpoint() / "state"), "state 1");
  checkpoint(run, "state 2");
  EXPECT_EQ(contents(run.checkpoint() / "state"), "state 2");
}

}  // namespace
}  // namespace hysteron
