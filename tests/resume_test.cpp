// A run that goes on finds what it began with, or is refused: its checkpoint, its configuration, its data.
#include "files/digest.hpp"
#include "tests/child_program.hpp"
#include "tests/command_files.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Resume : public ProgramTest {
 protected:
  /// A run as it is when it was killed after its last checkpoint.
  void make_run(const std::string& task) const {
    succeeds("train " + task +
             " --cell gru --units 4 --layers 1 --replicas 2 --set train.updates=20 --set train.validate_every=5 "
             "--set init.measure_draws=1 --set init.measure_steps=20 --out run");
    model_ = bytes("run/models/replica-01.safetensors");
    std::filesystem::remove(folder / "run/result.json");
  }
  void change(const std::string& file, std::size_t at) const {
    std::string text = bytes(file);
    text[at] = static_cast<char>(text[at] ^ 8);
    put(folder / file, text);
  }
  void expect_same_end(const Ended& ended) const {
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(bytes("run/models/replica-01.safetensors"), model_);
    std::filesystem::remove(folder / "run/result.json");
  }

  const std::string copy_ = "--task copy_first_input --set task.steps=6 --set task.train=80 --set task.test=8";
  mutable std::string model_;
};

TEST_F(Resume, ADamagedCheckpointGivesWayToTheOneBefore) {
  make_run(copy_);
  std::filesystem::copy(folder / "run", folder / "whole", std::filesystem::copy_options::recursive);
  const std::size_t size = bytes("run/checkpoint/state.safetensors").size();
  const std::pair<std::string, std::size_t> places[] = {
      {"state.safetensors", 3},        {"state.safetensors", 60}, {"state.safetensors", size / 2},
      {"state.safetensors", size - 1}, {"start.json", 20},        {"start.json", 90}};
  for (const auto& [file, at] : places) {
    change("run/checkpoint/" + file, at);
    const Ended ended = hysteron("train --resume run");
    EXPECT_THAT(ended.err, AllOf(HasSubstr("warning: "), HasSubstr("goes on from the checkpoint before it, at gradient "
                                                                   "step 15")))
        << file << " " << at;
    expect_same_end(ended);
    EXPECT_TRUE(std::filesystem::exists(folder / "run/checkpoint.damaged" / file));
    std::filesystem::remove_all(folder / "run");
    std::filesystem::copy(folder / "whole", folder / "run", std::filesystem::copy_options::recursive);
  }
  change("run/checkpoint/state.safetensors", size - 1);
  change("run/checkpoint.old/state.safetensors", size - 1);
  EXPECT_THAT(fails(3, "train --resume run"), AllOf(HasSubstr("checkpoint.old"), HasSubstr("is damaged")));
}

TEST_F(Resume, ACheckpointThatIsNoneIsRefused) {
  make_run(copy_);
  std::filesystem::remove_all(folder / "run/checkpoint.old");
  for (const char* const text : {"[]", "null", "{\"vaa_before\":[null,1],\"vaa_start\":[0,0]}", "7"}) {
    put(folder / "run/checkpoint/start.json", text);
    EXPECT_THAT(fails(3, "train --resume run"), HasSubstr("start.json")) << text;
  }
}

TEST_F(Resume, AnEditedConfigurationIsRefused) {
  make_run(copy_);
  const std::string config = bytes("run/config.toml");
  put(folder / "run/config.toml", config + "# a note\n");
  EXPECT_THAT(fails(2, "train --resume run"),
              AllOf(HasSubstr("config.toml of the run was changed"), HasSubstr("put it back")));
  put(folder / "run/config.toml", config);
  expect_same_end(hysteron("train --resume run"));
}

class ResumeOnData : public Resume {
 protected:
  void put_data(const std::string& name, float first) const {
    std::vector<float> values(6 * 40, 0.5F);
    values[0] = first;
    put_array(name, {6, 40, 1}, values);
  }
  void put_array(const std::string& name, std::vector<std::int64_t> shape, const std::vector<float>& values) const {
    write_npy(folder / name, make_array(std::move(shape), std::span(values)));
  }
  void make_run_on_data() const {
    put_data("X.npy", 1);
    put_array("Y.npy", {1, 40, 1}, std::vector<float>(40, 0.25F));
    make_run("--task arrays --inputs X.npy --targets Y.npy --loss mse");
  }
};

TEST_F(ResumeOnData, OtherContentsAreRefusedWithBothDigests) {
  make_run_on_data();
  const std::string before = digest_of(bytes("X.npy"));
  put_data("X.npy", 2);
  EXPECT_THAT(fails(2, "train --resume run"),
              AllOf(HasSubstr("began with other contents of"), HasSubstr("X.npy"), HasSubstr(before),
                    HasSubstr(digest_of(bytes("X.npy"))), HasSubstr("--inputs")));
  put_data("X.npy", 1);
  put_array("Y.npy", {1, 40, 1}, std::vector<float>(40, 0.75F));
  EXPECT_THAT(fails(2, "train --resume run"), HasSubstr("Y.npy"));
}

TEST_F(ResumeOnData, AMovedFileIsNamed) {
  make_run_on_data();
  std::filesystem::rename(folder / "X.npy", folder / "elsewhere.npy");
  EXPECT_THAT(fails(3, "train --resume run"), HasSubstr("X.npy"));
  expect_same_end(hysteron("train --resume run --inputs elsewhere.npy"));
  put_data("other.npy", 3);
  EXPECT_THAT(fails(2, "train --resume run --inputs other.npy"), HasSubstr("other contents"));
  EXPECT_THAT(fails(2, "train --resume run --inputs elsewhere.npy --units 5"), HasSubstr("--units 5"));
  expect_same_end(hysteron("train --resume run --set task.inputs=elsewhere.npy"));
}

TEST_F(ResumeOnData, MayGoOnFromAnotherFolder) {
  make_run_on_data();
  std::filesystem::create_directory(folder / "elsewhere");
  Child child(HYSTERON_PROGRAM, words("train --resume ../run"), folder / "elsewhere", {"HYSTERON_THREADS=1"});
  expect_same_end(child.wait());
}

TEST_F(ResumeOnData, TheDataAreNamedInTheRecord) {
  make_run_on_data();
  EXPECT_THAT(bytes("run/environment.json"),
              AllOf(HasSubstr(digest_of(bytes("X.npy"))), HasSubstr((folder / "Y.npy").string())));
  EXPECT_THAT(bytes("run/report.html"), HasSubstr(digest_of(bytes("Y.npy"))));
  // A run that starts from the weights of a file names it too.
  succeeds(
      "train --task arrays --inputs X.npy --targets Y.npy --loss mse --model run/models/replica-00.safetensors "
      "--set train.updates=1 --set init.measure_draws=0 --out more");
  EXPECT_THAT(bytes("more/environment.json"), HasSubstr(digest_of(bytes("run/models/replica-00.safetensors"))));
}

TEST_F(Resume, AChangedPlanOfAReproductionIsRefused) {
  std::filesystem::create_directory(folder / "r");
  put(folder / "r/reproduction.json", R"({"name":"copy","scale":"small","settings":[],"sha256":"0"})");
  EXPECT_THAT(fails(3, "reproduce --resume r"), AllOf(HasSubstr("reproduction.json is damaged"), HasSubstr("--force")));
}

TEST_F(ResumeOnData, AChangedStateOfASolverOrModelIsRefused) {
  make_run_on_data();
  succeeds("laes fit --inputs X.npy --components 2 --save-state s --out a.safetensors");
  for (const auto& [file, line] :
       {std::pair{"s", "laes fit --inputs X.npy --resume s --out b.safetensors"},
        {"a.safetensors", "laes encode --laes a.safetensors --inputs X.npy --states e.npy"},
        {"run/models/replica-00.safetensors",
         "infer --model run/models/replica-00.safetensors --inputs X.npy --outputs y.npy"}}) {
    change(file, bytes(file).size() - 2);
    EXPECT_THAT(fails(3, line), HasSubstr("is damaged or was changed")) << file;
  }
}

}  // namespace
}  // namespace hysteron
