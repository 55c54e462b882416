// Configurations are varied: a run's file with another initializer or task, variables of the environment that serve
// several runs, options between the settings, and a demo with settings of one of its networks.
#include <gmock/gmock.h>

#include "tests/child_program.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string small =
    "--units 4 --layers 1 --set task.steps=12 --set task.train=40 --set task.test=8 --set train.batch=8 "
    "--set init.measure_draws=0 ";
const std::string train = "train " + small + "--set train.updates=1 ";

class VariedConfigurations : public ProgramTest {};

TEST_F(VariedConfigurations, KeysOfOthersInAFileArePassedOverWithANote) {
  succeeds(train + "--init warm_up --set init.steps=1 --out run");
  const std::string orthogonal = succeeds("train run/config.toml --init orthogonal --out varied").err;
  EXPECT_THAT(orthogonal, AllOf(HasSubstr("the initializer warm_up"), HasSubstr(" init.ramp,"),
                                Not(HasSubstr("init.measure_draws"))));
  EXPECT_THAT(bytes("varied/config.toml"), AllOf(HasSubstr("\"orthogonal\""), Not(HasSubstr("ramp"))));
  // Another initializer, another task, one that acts, and verbs that train nothing.
  EXPECT_THAT(succeeds("train run/config.toml --init chrono --cell lstm --out varied --force").err,
              HasSubstr("init.target"));
  EXPECT_THAT(succeeds("config run/config.toml --task denoising").out, Not(HasSubstr("passed over")));
  EXPECT_THAT(succeeds("config run/config.toml --task t_maze").err,
              AllOf(HasSubstr("training on sequences"), HasSubstr("train.epochs"), HasSubstr("task.steps")));
  EXPECT_THAT(succeeds("config varied/config.toml --task arrays --inputs X.npy --targets Y.npy").err,
              HasSubstr("task.steps"));
  // Nobody's key, and a key of others that is typed, are errors.
  put(folder / "nobody.toml", "[init]\nname = \"classic\"\nepslion = 3\n");
  EXPECT_THAT(fails(2, "train nobody.toml"), HasSubstr("unknown setting \"init.epslion\" in nobody.toml, line 3"));
  EXPECT_THAT(fails(2, "train --init classic --set init.steps=3"),
              AllOf(HasSubstr("\"init.steps\" in --set"), HasSubstr("one of the initializer warm_up")));
  EXPECT_THAT(fails(2, "train --task denoising --loss mse"), HasSubstr("the task arrays"));
  EXPECT_THAT(fails(2, "train --task t_maze --set train.updates=3"), HasSubstr("training on sequences"));
}

TEST_F(VariedConfigurations, VariablesOfOthersEndNothing) {
  const auto said = [&](const std::string& variable) {
    const Ended ended = hysteron("config", {variable});
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.err;
  };
  EXPECT_THAT(said("HYSTERON_TRAIN_BACTH=3"), AllOf(HasSubstr("warning"), HasSubstr("mean HYSTERON_TRAIN_BATCH?")));
  EXPECT_THAT(said("HYSTERON_OF_ANOTHER_VERSION=3"),
              HasSubstr("HYSTERON_OF_ANOTHER_VERSION of the environment is not"));
  EXPECT_THAT(said("HYSTERON_INIT_STEPS=3"), HasSubstr("keys of the initializer warm_up: HYSTERON_INIT_STEPS"));
  EXPECT_EQ(said("HYSTERON_TRAIN_BATCH=3"), "");
  EXPECT_EQ(said("HYSTERON_DATA=/nowhere"), "");
  EXPECT_THAT(fails(2, "config", {"HYSTERON_TRAIN_BATCH=many"}), HasSubstr("HYSTERON_TRAIN_BATCH"));
}

TEST_F(VariedConfigurations, ASettingIsOneWord) {
  put(folder / "given.toml", "seed = 3\n");
  EXPECT_THAT(succeeds("config --set train.batch=5 given.toml").out,
              AllOf(HasSubstr("\nbatch = 5 "), testing::StartsWith("seed = 3 ")));
  EXPECT_THAT(fails(2, "config --set train.batch=5 seed=4"), HasSubstr("--set seed=4"));
  EXPECT_THAT(fails(2, "config given.toml --set train.batch=5 seed=4"), HasSubstr("--set seed=4"));
  EXPECT_THAT(fails(2, "config --set given.toml"), HasSubstr("KEY=VALUE"));
}

TEST_F(VariedConfigurations, TrainAloneShowsHowItIsUsed) {
  for (const char* line : {"train", "train -q", "train --replicas 2", "train --out run --seed 3", "train --force"})
    EXPECT_THAT(fails(2, line), AllOf(HasSubstr("not told what to train"), HasSubstr("hysteron train --task"))) << line;
  EXPECT_FALSE(std::filesystem::exists(folder / "runs"));
}

TEST_F(VariedConfigurations, TheDemoTakesSettingsOfEitherNetwork) {
  const std::string demo = "demo " + std::string("--set model.units=4 --set model.layers=1 --set train.updates=1 ") +
                           "--set task.train=40 --set task.test=8 --set train.batch=8 --set init.measure_draws=0 ";
  const Ended ended = succeeds(demo + "--set task.steps=10 --set init.steps=1");
  EXPECT_THAT(ended.out, HasSubstr("Recall the first of 10 inputs"));
  EXPECT_THAT(bytes("runs/demo/warm_up/config.toml"), HasSubstr("\nsteps = 1 "));
  EXPECT_THAT(bytes("runs/demo/classic/config.toml"), AllOf(HasSubstr("\nsteps = 10 "), HasSubstr("\"classic\"")));
  put(folder / "given.toml", "replicas = 1\n[task]\nsteps = 7\n");  // a file comes before the demo's own settings
  EXPECT_THAT(succeeds(demo + "given.toml --set init.steps=1").out,
              AllOf(HasSubstr("first of 7 inputs"), Not(HasSubstr("classic                1"))));
  EXPECT_THAT(fails(2, demo + "--set init.stesp=1"), HasSubstr("unknown setting \"init.stesp\" in --set"));
  EXPECT_THAT(fails(2, demo + "--set init.steps=many --out elsewhere"), HasSubstr("\"many\""));
  EXPECT_FALSE(std::filesystem::exists(folder / "elsewhere"));  // before either runs
}

}  // namespace
}  // namespace hysteron
