// The program as a user meets it: exit codes and messages for what goes wrong, training runs, signals, reproducible
// bits.
#include <regex>
#include <sstream>

#include <gmock/gmock.h>

#include <hysteron/cell_info.hpp>

#include "files/npy.hpp"
#include "files/safetensors.hpp"
#include "tests/child_program.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// A run that takes a moment.
const std::string small =
    "--cell gru --units 6 --layers 1 --set task.steps=8 --set task.train=40 --set task.test=8 --set train.batch=8 "
    "--set init.measure_draws=0 ";
const std::string train = "train --task copy_first_input " + small;

class Program : public ProgramTest {};

TEST_F(Program, HelpBeginsWithAnExample) {
  for (const char* line : {"train --help", "help train"})
    EXPECT_THAT(succeeds(line).out, HasSubstr("Example:\n  hysteron train --task copy_first_input")) << line;
  EXPECT_THAT(succeeds("help measure vaa").out, HasSubstr("Example:\n  hysteron measure vaa"));
  EXPECT_THAT(succeeds("--version").out, AllOf(HasSubstr("hysteron "), HasSubstr("cpu: ")));
}

// Lines of at most 80 characters, whatever they say.
TEST_F(Program, HelpSaysWhatThereIsAndWhatStandsByDefault) {
  const std::string whole = succeeds("--help").out;
  EXPECT_THAT(whole, AllOf(HasSubstr("To begin with:\n  hysteron demo"), HasSubstr("  measure vaa ")));
  EXPECT_EQ(succeeds("help").out, whole);
  EXPECT_THAT(succeeds("measure --help").out, AllOf(HasSubstr("measure memory"), Not(HasSubstr("laes fit"))));
  const std::string of_train = succeeds("help train").out;
  for (const CellInfo& cell : every_cell()) EXPECT_THAT(of_train, HasSubstr(std::string(cell.name)));
  EXPECT_THAT(of_train, AllOf(HasSubstr("--units N "), HasSubstr("default: 64)")));
  EXPECT_THAT(succeeds("help reproduce").out, HasSubstr("quick | full (default: quick)"));
  for (const std::string& text : {whole, of_train, succeeds("help measure memory").out}) {
    std::istringstream lines(text.substr(text.find("\n\n")));  // an example may be as long as it needs
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  }
}

TEST_F(Program, TheReferenceHasEveryVerbAndEveryKey) {
  const std::string verbs = succeeds("help --markdown").out;
  for (const char* said : {"\n## hysteron measure vaa\n", "| `--epsilon X` |", "(default: 0.0001)", "| 75 | stopped"})
    EXPECT_THAT(verbs, HasSubstr(said));
  const std::string keys = succeeds("config --keys").out;
  for (const char* said : {"\n## task copy_first_input\n", "\n## initializer warm_up\n", "| `train.episodes` |",
                           "| `model.units` | `64` | an integer from 1 to 65536 |", "`init.target`"})
    EXPECT_THAT(keys, HasSubstr(said));
  EXPECT_THAT(fails(2, "help --markdown train"), HasSubstr("do not go together"));
}

TEST_F(Program, ConfigIsTheConfigurationOfTheRun) {
  const std::string options = small + "--init warm_up --set train.updates=1 --set init.steps=1";
  put(folder / "run.toml", succeeds("config " + options).out);
  succeeds("train " + options + " --out run");
  EXPECT_EQ(bytes("run.toml"), bytes("run/config.toml"));
  EXPECT_EQ(succeeds("config run.toml").out, bytes("run.toml"));
  EXPECT_THAT(fails(2, "config --set train.bacth=3"), HasSubstr("\"train.batch\""));
}

TEST_F(Program, OptionsSayWhatIsWrongWithThem) {
  EXPECT_THAT(fails(2, "--versio"), AllOf(HasSubstr("unknown option \"--versio\""), HasSubstr("\"--version\"")));
  EXPECT_THAT(fails(2, "train --units 3 --units 4 --units 5"), HasSubstr("--units is given 3 times"));
  EXPECT_THAT(fails(2, "train --units"), AllOf(HasSubstr("--units needs a value"), HasSubstr("nothing after it")));
  EXPECT_THAT(fails(2, "train --units --json"), AllOf(HasSubstr("--units needs a value"), HasSubstr("found --json")));
  EXPECT_THAT(fails(2, "train --force=yes"), HasSubstr("--force takes no value"));
  EXPECT_THAT(fails(2, "train -x"), HasSubstr("unknown option \"-x\""));
  EXPECT_THAT(fails(2, "measure vaa --draws two"), AllOf(HasSubstr("--draws is not a whole number"), HasSubstr("two")));
  EXPECT_THAT(fails(2, "measure vaa --epsilon tiny"), HasSubstr("--epsilon is not a number"));
  EXPECT_THAT(fails(2, "reproduce copy --scale quik"), HasSubstr("did you mean \"quick\"?"));
  EXPECT_THAT(fails(2, "infer --model m --inputs X.npy"), HasSubstr("hysteron infer needs --outputs"));
  EXPECT_THAT(fails(2, "help measure vaa now"), HasSubstr("\"now\""));
}

TEST_F(Program, UnknownNamesAreAnsweredWithTheNearest) {
  EXPECT_THAT(fails(2, "trian"), AllOf(HasSubstr("unknown verb \"trian\""), HasSubstr("\"train\"")));
  EXPECT_THAT(fails(2, "measure vva"), AllOf(HasSubstr("unknown verb \"vva\""), HasSubstr("\"vaa\"")));
  EXPECT_THAT(fails(2, "train --tusk x"), AllOf(HasSubstr("unknown option \"--tusk\""), HasSubstr("\"--task\"")));
  EXPECT_THAT(fails(2, "train --task copy_frist_input"),
              AllOf(HasSubstr("copy_frist_input"), HasSubstr("\"copy_first_input\"")));
  EXPECT_THAT(fails(2, "train --cell gruu"), AllOf(HasSubstr("\"gruu\""), HasSubstr("\"gru\"")));
  EXPECT_THAT(fails(2, "train --init warmup"), AllOf(HasSubstr("\"warmup\""), HasSubstr("\"warm_up\"")));
  EXPECT_THAT(fails(2, "train --set train.bacth=3"), AllOf(HasSubstr("train.bacth"), HasSubstr("\"train.batch\"")));
  EXPECT_THAT(fails(2, "train --cell gru --device cdua"), AllOf(HasSubstr("\"cdua\""), HasSubstr("cpu")));
  EXPECT_THAT(fails(2, "infer --mdel m.safetensors"),
              AllOf(HasSubstr("unknown option \"--mdel\""), HasSubstr("\"--model\"")));
  EXPECT_THAT(fails(2, ""), AllOf(HasSubstr("a verb is missing"), HasSubstr("train")));
  EXPECT_THAT(fails(2, "measure"), AllOf(HasSubstr("a verb is missing"), HasSubstr("vaa")));
  EXPECT_THAT(fails(2, "train one.toml two.toml"), HasSubstr("two.toml"));
}

TEST_F(Program, ConfigurationsThatAreWrong) {
  EXPECT_THAT(fails(2, "train missing.toml"), HasSubstr("there is no configuration file missing.toml"));
  put(folder / "unknown.toml", "seed = 1\n[train]\nbacth = 3\n");
  EXPECT_THAT(fails(2, "train unknown.toml"),
              AllOf(HasSubstr("train.bacth"), HasSubstr("unknown.toml, line 3"), HasSubstr("\"train.batch\"")));
  put(folder / "broken.toml", "seed = \n");
  EXPECT_THAT(fails(2, "train broken.toml"), HasSubstr("line 1"));
  EXPECT_THAT(fails(2, "train --set train.batch=many"), AllOf(HasSubstr("train.batch"), HasSubstr("\"many\"")));
  EXPECT_THAT(fails(2, "train --units 0"), AllOf(HasSubstr("model.units"), HasSubstr("--units")));
  EXPECT_THAT(fails(2, "train --set task.steps"), HasSubstr("KEY=VALUE"));
  EXPECT_THAT(fails(2, train + "--replicas 3 --set train.learning_rates=[1e-3,1e-3]"), HasSubstr("3 replicas"));
  EXPECT_THAT(fails(2, "train --structure double --units 7"), HasSubstr("even number"));
}

TEST_F(Program, SettingsComeFromFileEnvironmentAndCommandLine) {
  put(folder / "given.toml", "seed = 3\n[model]\nunits = 4\nlayers = 1\n[task]\nsteps = 5\n");
  const std::string line =
      "train given.toml --set task.train=20 --set task.test=4 --set train.updates=0 "
      "--set init.measure_draws=0 --set model.units=5 --out run";
  ASSERT_EQ(hysteron(line, {"HYSTERON_TASK_STEPS=6", "HYSTERON_MODEL_UNITS=7"}).code, 0);
  const std::string resolved = bytes("run/config.toml");
  EXPECT_TRUE(std::regex_search(resolved, std::regex("\nsteps = 6 "))) << resolved;
  EXPECT_TRUE(std::regex_search(resolved, std::regex("\nunits = 5 "))) << resolved;
  EXPECT_TRUE(std::regex_search(resolved, std::regex("(^|\n)seed = 3 "))) << resolved;
  // The resolved file is itself a configuration of the same run.
  succeeds("train run/config.toml --out again");
  EXPECT_EQ(bytes("again/config.toml"), resolved);
  EXPECT_EQ(bytes("again/models/replica-00.safetensors"), bytes("run/models/replica-00.safetensors"));
}

TEST_F(Program, DevicesThatAreNotThereAreDeviceErrors) {
  const std::string message = fails(4, train + "--device cpu:7");
  EXPECT_THAT(message, HasSubstr("cpu:7"));
}

TEST_F(Program, MoreMemoryThanThereIsIsADeviceError) {
  EXPECT_THAT(fails(4, "train --units 65536 --replicas 4096 --set task.steps=2 --set task.train=20 --out huge"),
              HasSubstr("memory"));
  EXPECT_FALSE(std::filesystem::exists(folder / "huge"));
}

TEST_F(Program, ATrainingRunLeavesWhatItPromises) {
  const Ended ended = succeeds(train + "--replicas 2 --seed 4 --set train.updates=6 --out runs/x --json");
  const auto json = ended.json();
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  for (const char* key : {"run", "seconds", "device", "seed", "task", "cell", "init", "replicas", "steps", "train_loss",
                          "valid_loss", "test_loss", "test_accuracy", "vaa", "solved"})
    EXPECT_THAT(keys, Contains(key));
  EXPECT_EQ(json["test_loss"].size(), 2u);
  EXPECT_EQ(json["steps"], 6);
  EXPECT_EQ(json["seed"], 4);
  EXPECT_EQ(bytes("runs/x/result.json"), json.dump() + "\n");
  EXPECT_NE(bytes("runs/x/report.html").find("copy_first_input"), std::string::npos);
  for (const char* file : {"config.toml", "environment.json", "journal.jsonl", "models/replica-00.safetensors",
                           "models/replica-01.safetensors"})
    EXPECT_TRUE(std::filesystem::exists(folder / "runs/x" / file)) << file;
}

TEST_F(Program, FollowsThePapersOrTheirAuthorsCode) {
  const auto fixed = succeeds(train + "--set train.updates=2 --out fixed --json").json();
  EXPECT_EQ(fixed["compat"], "fixed");
  EXPECT_THAT(bytes("fixed/config.toml"), HasSubstr("\ncompat = \"fixed\""));
  const auto authors = succeeds(train + "--set train.updates=2 --set compat=authors --out authors --json").json();
  EXPECT_EQ(authors["compat"], "authors");
  EXPECT_THAT(bytes("authors/config.toml"), HasSubstr("\ncompat = \"authors\""));
  EXPECT_THAT(fails(2, train + "--set compat=author"), AllOf(HasSubstr("compat"), HasSubstr("authors")));
  EXPECT_THAT(fails(2, train + "--set compat=authors --set train.batch=100000"), HasSubstr("compat=fixed"));
}

TEST_F(Program, DetachesGradientsWhereThereIsALinearMemory) {
  std::string with_lmn = train;
  with_lmn.replace(with_lmn.find("gru"), 3, "lmn");
  succeeds(with_lmn + "--set train.updates=2 --set train.detach_probability=0.25 --out detached");
  EXPECT_THAT(fails(2, with_lmn + "--set train.detach_probability=1.5"), HasSubstr("detach_probability"));
  EXPECT_THAT(fails(2, train + "--set train.detach_probability=0.25"), HasSubstr("--cell lmn"));
}

TEST_F(Program, ARunFolderIsNeverOverwrittenWithoutForce) {
  succeeds(train + "--set train.updates=2 --out run");
  const std::string before = bytes("run/models/replica-00.safetensors"), result = bytes("run/result.json");
  EXPECT_THAT(fails(2, train + "--set train.updates=3 --seed 2 --out run"),
              AllOf(HasSubstr("exists already"), HasSubstr("--force")));
  EXPECT_EQ(bytes("run/models/replica-00.safetensors"), before);
  EXPECT_EQ(bytes("run/result.json"), result);
  succeeds(train + "--set train.updates=3 --seed 2 --out run --force");
  EXPECT_NE(bytes("run/models/replica-00.safetensors"), before);
  std::filesystem::create_directory(folder / "other");
  put(folder / "other/report.html", std::string_view("dear"));
  EXPECT_THAT(fails(2, train + "--out other --force"), HasSubstr("is not a run folder"));
  EXPECT_EQ(bytes("other/report.html"), "dear");
  std::filesystem::rename(folder / "other/report.html", folder / "other/letter.txt");
  succeeds(train + "--set train.updates=2 --out other");
  succeeds(train + "--set train.updates=2 --out other --force");
  EXPECT_EQ(bytes("other/letter.txt"), "dear");
}

TEST_F(Program, ResumeRefusesWhatCannotGoOn) {
  succeeds(train + "--set train.updates=2 --out run");
  EXPECT_THAT(fails(2, "train --resume run"), HasSubstr("finished"));
  EXPECT_THAT(fails(2, "train --resume nothing"), HasSubstr("nothing"));
  std::filesystem::create_directory(folder / "empty");
  EXPECT_THAT(fails(2, "train --resume empty"), HasSubstr("empty"));
  // A run that was killed before its first checkpoint, and one whose checkpoint is damaged.
  std::filesystem::remove(folder / "run/result.json");
  for (const char* const checkpoint : {"checkpoint", "checkpoint.old"}) {
    const std::filesystem::path state = folder / "run" / checkpoint / "state.safetensors";
    std::string half = contents(state);
    half.resize(half.size() / 2);
    put(state, half);
  }
  EXPECT_THAT(fails(3, "train --resume run"), HasSubstr("state.safetensors"));
  // Options that would be ignored are refused: a run resumes with its own settings.
  for (const std::string more : {"--set train.batch=9", "--units 9", "--out b", "--force", "config.toml"})
    EXPECT_THAT(fails(2, "train --resume run " + more), HasSubstr("--resume")) << more;
  std::filesystem::remove_all(folder / "run/checkpoint");
  std::filesystem::remove_all(folder / "run/checkpoint.old");
  EXPECT_THAT(fails(2, "train --resume run"), HasSubstr("checkpoint"));
}

TEST_F(Program, TheSameSeedTwiceGivesTheSameBytes) {
  const std::string line = train + "--init warm_up --set init.steps=3 --replicas 2 --set train.updates=5 --out ";
  succeeds(line + "a --threads 1");
  succeeds(line + "b --threads 2");
  for (const char* file :
       {"/models/replica-00.safetensors", "/models/replica-01.safetensors", "/checkpoint/state.safetensors"})
    EXPECT_EQ(bytes(std::string("a") + file), bytes(std::string("b") + file)) << file;
  EXPECT_NE(bytes("a/models/replica-00.safetensors"), bytes("a/models/replica-01.safetensors"));
}

struct Kind {
  const char *cell, *structure;
};

class Population : public ProgramTest, public testing::WithParamInterface<Kind> {};

INSTANTIATE_TEST_SUITE_P(Kinds, Population,
                         testing::Values(Kind{"gru", "stack"}, Kind{"gru", "double"}, Kind{"lstm", "stack"},
                                         Kind{"lstm", "double"}),
                         [](const auto& test) { return std::string(test.param.cell) + "_" + test.param.structure; });

TEST_P(Population, ReplicaKEqualsARunOfOneWithSeedPlusK) {
  const std::string line =
      "train --task copy_first_input --set task.steps=9 --set task.train=50 --set task.test=10 "
      "--set train.batch=7 --set train.updates=7 --set train.validate_every=3 --init warm_up "
      "--set init.steps=4 --set init.measure_steps=30 --set init.measure_draws=2 --units 10 --layers 2 --cell " +
      std::string(GetParam().cell) + " --structure " + GetParam().structure + " --json";
  const auto together = succeeds(line + " --replicas 3 --seed 5 --out all").json();
  for (int k = 0; k < 3; ++k) {
    const std::string one = "one-" + std::to_string(k);
    const auto alone = succeeds(line + " --replicas 1 --seed " + std::to_string(5 + k) + " --out " + one).json();
    EXPECT_EQ(bytes("all/models/replica-0" + std::to_string(k) + ".safetensors"),
              bytes(one + "/models/replica-00.safetensors"));
    for (const char* key : {"train_loss", "valid_loss", "test_loss", "vaa_before", "vaa_start", "vaa"})
      EXPECT_EQ(together[key][static_cast<std::size_t>(k)], alone[key][0]) << key;
  }
}

TEST_F(Program, ANumberThatIsNotFiniteStopsItsReplicaOnly) {
  const std::string line = train + "--set train.updates=6 --set train.validate_every=2 --json ";
  const Ended ended = hysteron(line + "--replicas 2 --set train.learning_rates=[1e-3,1e38] --out run");
  EXPECT_EQ(ended.code, 5);
  EXPECT_TRUE(
      std::regex_search(ended.err, std::regex("error: replica 1 stopped at gradient step [1-6]: not a finite number in "
                                              "(the states of layer 0 at step [0-7]|the read-out's outputs)")))
      << ended.err;
  const auto json = ended.json();
  ASSERT_EQ(json["failures"].size(), 1u);
  EXPECT_EQ(json["failures"][0]["replica"], 1);
  EXPECT_EQ(json["steps"], 6);
  // The weights of the best validation, here the initial ones: finite, and untouched by any update.
  for (const NamedArray& tensor : read_safetensors(folder / "run/models/replica-01.safetensors").tensors)
    EXPECT_NO_THROW(to_doubles(tensor.array, tensor.name));
  succeeds(train + "--set train.updates=0 --seed 2 --out drawn");
  EXPECT_EQ(bytes("run/models/replica-01.safetensors"), bytes("drawn/models/replica-00.safetensors"));
  // The other one continued as if it had been alone.
  succeeds(line + "--replicas 1 --out alone");
  EXPECT_EQ(bytes("run/models/replica-00.safetensors"), bytes("alone/models/replica-00.safetensors"));
  // If all of them fail, the run ends early.
  const Ended all = hysteron(line + "--set train.learning_rate=1e38 --out all");
  EXPECT_EQ(all.code, 5);
  EXPECT_LT(all.json()["steps"], 6);
}

// A run that would go on forever, stopped; then shortened to end a few updates later.
TEST_F(Program, StoppedAndResumedIsAsNeverStopped) {
  const std::string line = train + "--replicas 2 --set train.validate_every=4 --json --out ";
  Child child(HYSTERON_PROGRAM,
              words(line + "run --set train.updates=1000000000 --set train.checkpoint_every=1000000000"),
              folder.path());
  ASSERT_TRUE(child.waits_for(folder / "run/checkpoint")) << child.wait().err;
  EXPECT_THAT(fails(2, "train --resume run"), HasSubstr("goes on in another process"));
  child.send(SIGINT);
  const Ended stopped = child.wait();
  EXPECT_EQ(stopped.code, 75) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("hysteron train --resume run"));
  const auto json = stopped.json();
  EXPECT_EQ(json["stopped"], true);
  const std::int64_t updates = json["steps"].get<std::int64_t>() + 6;
  EXPECT_FALSE(std::filesystem::exists(folder / "run/result.json"));

  const std::string shorter = " --set train.updates=" + std::to_string(updates);
  EXPECT_EQ(succeeds("train --resume run --json" + shorter).json()["steps"], updates);
  succeeds(line + "whole" + shorter);
  for (const char* file : {"/models/replica-00.safetensors", "/models/replica-01.safetensors"})
    EXPECT_EQ(bytes(std::string("run") + file), bytes(std::string("whole") + file));
  EXPECT_EQ(nlohmann::json::parse(bytes("run/result.json"))["test_loss"],
            nlohmann::json::parse(bytes("whole/result.json"))["test_loss"]);
}

// Both signals are waiting when the process continues, so that none of its own steps comes between them.
// Before there is a checkpoint: the signal is obeyed, and nothing is left that could be taken for a run.
TEST_F(Program, ALongMeasurementIsGivenUp) {
  Child child(HYSTERON_PROGRAM,
              words("train --task copy_first_input --cell gru --units 256 --layers 2 --replicas 4 --set task.steps=8 "
                    "--set task.train=80 --set task.test=8 --set train.updates=2 --set init.measure_steps=1000000000 "
                    "--out run"),
              folder.path(), {"HYSTERON_THREADS=1"});
  ASSERT_TRUE(child.waits_for(folder / "run/journal.jsonl"));
  child.send(SIGTERM);
  const Ended ended = child.wait();
  EXPECT_EQ(ended.code, 75);
  EXPECT_THAT(ended.err, HasSubstr("stopped before the first checkpoint"));
  EXPECT_THAT(fails(2, "train --resume run"), HasSubstr("--force"));
}

TEST_F(Program, TheSecondSignalEndsAtOnce) {
  Child child(HYSTERON_PROGRAM, words(train + "--set train.updates=1000000000 --out run"), folder.path(),
              {"HYSTERON_THREADS=1"});
  ASSERT_TRUE(child.waits_for(folder / "run/checkpoint")) << child.wait().err;
  for (const int signal : {SIGSTOP, SIGINT, SIGTERM, SIGCONT}) child.send(signal);
  const Ended ended = child.wait();
  EXPECT_THAT(ended.code, AnyOf(128 + SIGINT, 128 + SIGTERM));
  EXPECT_FALSE(std::filesystem::exists(folder / "run/result.json"));
  // What it leaves is a run that resumes from its last checkpoint.
  succeeds("train --resume run --set train.updates=3");
}

TEST_F(Program, StderrAndStdoutKeepToTheirMatters) {
  const Ended quiet = succeeds(train + "--set train.updates=2 --out quiet -q --json");
  EXPECT_EQ(quiet.err, "");
  EXPECT_THAT(quiet.json()["run"], "quiet");
  const Ended loud = succeeds(train + "--set train.updates=2 --out loud -v");
  EXPECT_THAT(loud.err, HasSubstr("validated"));
  EXPECT_THAT(loud.out, AllOf(HasSubstr("replica"), Not(HasSubstr("validated"))));
}

TEST_F(Program, ResultsThatNobodyCanReadAreAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full on this system";
  const Ended ended = Child("/bin/sh", {"-c", "\"$0\" info > /dev/full", HYSTERON_PROGRAM}, folder.path()).wait();
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.err, HasSubstr("standard output"));
}

}  // namespace
}  // namespace hysteron
