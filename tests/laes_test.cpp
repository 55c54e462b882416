// hysteron laes: what it writes equals the library's results, parts add up, and input that does not fit is refused.
#include <cmath>

#include <gmock/gmock.h>

#include <hysteron/io.hpp>
#include <hysteron/linear_autoencoder.hpp>

#include "tests/command_files.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::DoubleNear;
using testing::HasSubstr;
using testing::Pointwise;

class Laes : public Commands {
 protected:
  static constexpr std::int64_t steps = 8, batch = 11, inputs = 2;
  void SetUp() override {
    put_normal("X.npy", {steps, batch, inputs}, 1);
    put_integers("L.npy", {8, 1, 5, 8, 3, 8, 7, 6, 2, 8, 4});
  }
  Sequences sequences(const std::string& lengths = "") const {
    return read_sequences(
        {.inputs = (folder / "X.npy").string(), .lengths = lengths.empty() ? "" : (folder / lengths).string()});
  }
};

TEST_F(Laes, FitsEncodesAndReconstructs) {
  const auto json =
      succeeds("laes fit --inputs X.npy --lengths L.npy --components 16 --solver gram --out a.safetensors --json")
          .json();
  EXPECT_EQ(json["components"], 16);
  EXPECT_EQ(json["features"], 2);
  EXPECT_EQ(json["window"], 8);
  EXPECT_EQ(json["sequences"], 11);
  EXPECT_EQ(json["rows"], 60);
  EXPECT_EQ(json["resolved"], 16);
  EXPECT_EQ(json["solver"], "gram");
  EXPECT_NEAR(json["energy"].get<double>(), 1, 1e-12);
  EXPECT_LE(json["norm"].get<double>(), 1 + 1e-12);
  EXPECT_EQ(json["error_by_lag"].size(), 8u);
  for (const auto& error : json["error_by_lag"]) EXPECT_LT(error.get<double>(), 1e-20);
  for (const char* const key : {"run", "seconds", "device", "seed", "variance_by_lag", "singular_values"})
    EXPECT_TRUE(json.contains(key)) << key;
  EXPECT_EQ(tensors("a.safetensors").at("A").shape, (Extents{16, 2}));
  EXPECT_EQ(tensors("a.safetensors").at("B").shape, (Extents{16, 16}));
  EXPECT_EQ(tensors("a.safetensors").at("mean").shape, (Extents{2}));
  EXPECT_EQ(tensors("a.safetensors").at("singular_values").shape, (Extents{16}));

  // Everything is remembered, up to each sequence's length.
  const auto again =
      succeeds("laes reconstruct --laes a.safetensors --inputs X.npy --lengths L.npy --outputs Z.npy --json").json();
  EXPECT_LT(again["error"].get<double>(), 1e-20);
  ASSERT_EQ(array("Z.npy").shape, (Extents{steps, batch, inputs}));
  const std::vector<double> x = values("X.npy"), z = values("Z.npy"), lengths = values("L.npy");
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t step = i / (batch * inputs), sequence = i / inputs % batch;
    EXPECT_NEAR(z[i], static_cast<double>(step) < lengths[sequence] ? x[i] : 0, 1e-9) << i;
  }

  succeeds("laes encode --laes a.safetensors --inputs X.npy --lengths L.npy --states Y.npy");
  succeeds("laes encode --laes a.safetensors --inputs X.npy --lengths L.npy --states all.npy --at all");
  ASSERT_EQ(array("Y.npy").shape, (Extents{batch, 16}));
  ASSERT_EQ(array("all.npy").shape, (Extents{steps, batch, 16}));
  const std::vector<double> last = values("Y.npy"), all = values("all.npy");
  const auto backend = make_backend("cpu", 1);
  EXPECT_THAT(last, Pointwise(DoubleNear(1e-12),
                              encode(*backend, read_autoencoder(folder / "a.safetensors"), sequences("L.npy"))));
  EXPECT_THAT(std::vector<double>(all.end() - batch * 16, all.end()), Pointwise(DoubleNear(1e-11), last));
}

TEST_F(Laes, EverySolverAndAWindow) {
  for (const std::string options : {"--components 5", "--components 5 --window 3", "--components 2 --window 1"}) {
    std::vector<double> before;
    for (const std::string solver : {"auto", "gram", "incremental", "randomized"}) {
      const auto json = succeeds(
                            "laes fit --inputs X.npy --lengths L.npy --force --out a.safetensors --json "
                            "--solver " +
                            solver + " " + options)
                            .json();
      const auto found = json["singular_values"].get<std::vector<double>>();
      if (before.empty()) before = found;
      EXPECT_THAT(found, Pointwise(DoubleNear(1e-8), before)) << solver << options;
    }
  }
}

TEST_F(Laes, PartsOfSeveralMachinesAddUp) {
  const std::vector<double> x = values("X.npy");
  std::vector<float> first, second;
  for (std::size_t i = 0; i < x.size(); ++i)
    (i / inputs % batch < 4 ? first : second).push_back(static_cast<float>(x[i]));
  put_floats("X1.npy", {steps, 4, inputs}, first);
  put_floats("X2.npy", {steps, 7, inputs}, second);
  for (const std::string solver : {"gram", "incremental", "randomized"}) {
    const std::string fit = "laes fit --components 4 --force --out a.safetensors --json --solver " + solver + " ";
    const auto whole = succeeds(fit + "--inputs X.npy").json();
    succeeds(fit + "--inputs X1.npy --save-state s1");
    succeeds(fit + "--inputs X2.npy --save-state s2");
    for (const std::string parts :
         {"--inputs X2.npy --resume s1", "--inputs X1.npy --merge s2", "--merge s1 s2", "--resume s2 --merge s1"}) {
      const auto sum = succeeds(fit + parts).json();
      EXPECT_EQ(sum["sequences"], 11);
      EXPECT_THAT(sum["singular_values"].get<std::vector<double>>(),
                  Pointwise(DoubleNear(1e-9), whole["singular_values"].get<std::vector<double>>()))
          << solver << parts;
    }
  }
}

TEST_F(Laes, RefusesWhatDoesNotFit) {
  EXPECT_THAT(fails(2, "laes fit --components 2 --out a.safetensors"), HasSubstr("--inputs"));
  EXPECT_THAT(fails(2, "laes fit --inputs X.npy --solver gram --components 17 --out a.safetensors"),
              HasSubstr("1 .. 16"));
  EXPECT_THAT(fails(2, "laes fit --inputs X.npy --components 0 --out a.safetensors"), HasSubstr("1 or more"));
  EXPECT_THAT(fails(2, "laes fit --inputs X.npy --solver grim --out a.safetensors"), HasSubstr("gram"));
  EXPECT_THAT(fails(2, "laes fit --inputs X.npy --window -1 --out a.safetensors"), HasSubstr("window"));
  EXPECT_THAT(fails(2, "laes fit --data mnist --variant bent --out a.safetensors"),
              AllOf(HasSubstr("bent"), HasSubstr("permuted")));
  EXPECT_THAT(fails(2, "laes fit --inputs X.npy --variant row --out a.safetensors"), HasSubstr("--data"));
  succeeds("laes fit --inputs X.npy --components 3 --out a.safetensors --save-state s");
  EXPECT_THAT(fails(2, "laes fit --inputs X.npy --components 3 --out a.safetensors"), HasSubstr("--force"));
  EXPECT_THAT(fails(3, "laes fit --inputs X.npy --resume a.safetensors --out b.safetensors"),
              AllOf(HasSubstr("state"), HasSubstr("a.safetensors")));
  EXPECT_THAT(fails(2, "laes fit --inputs X.npy --solver incremental --merge s --components 3 --out b.safetensors"),
              AllOf(HasSubstr("incremental"), HasSubstr("gram"), HasSubstr("merging s")));
  EXPECT_THAT(fails(3, "laes encode --laes s --inputs X.npy --states Y.npy"), HasSubstr("\"A\""));
  put_normal("W.npy", {4, 3, 5}, 2);
  EXPECT_THAT(fails(3, "laes encode --laes a.safetensors --inputs W.npy --states Y.npy"), HasSubstr("features"));
  EXPECT_THAT(fails(3, "laes fit --inputs W.npy --resume s --components 3 --out b.safetensors"), HasSubstr("features"));
  put_floats("constant.npy", {4, 3, 1}, std::vector<float>(12, 2.5F));
  EXPECT_THAT(fails(3, "laes fit --inputs constant.npy --solver gram --components 3 --out b.safetensors"),
              HasSubstr("do not vary"));
}

TEST_F(Laes, NeverReplacesWhatItReads) {
  succeeds("laes fit --inputs X.npy --components 3 --out a.safetensors --save-state s");
  for (const std::string file : {"X.npy", "L.npy", "s"}) {
    const std::string before = bytes(file);
    EXPECT_THAT(fails(2, "laes fit --inputs X.npy --lengths L.npy --merge s --components 3 --force --out " + file),
                HasSubstr("would be written"));
    EXPECT_EQ(bytes(file), before);
  }
  EXPECT_THAT(fails(2, "laes fit --inputs X.npy --components 3 --out b --save-state ./b"), HasSubstr("two names"));
  // Nothing is written if there is no fit.
  fails(2, "laes fit --inputs X.npy --components 17 --solver gram --out b --save-state t");
  EXPECT_FALSE(std::filesystem::exists(folder / "b"));
  EXPECT_FALSE(std::filesystem::exists(folder / "t"));
}

TEST_F(Laes, AStateTellsItsSolverAndWindow) {
  const std::string fit = "laes fit --components 3 --force --out b.safetensors ";
  succeeds(fit + "--inputs X.npy --window 5 --solver incremental --save-state s");
  // Whatever the command line says about the state must be true; the rest is taken from the state.
  EXPECT_EQ(succeeds(fit + "--inputs X.npy --merge s --json").json()["solver"], "incremental");
  EXPECT_EQ(succeeds(fit + "--resume s --window 5 --solver incremental --json").json()["window"], 5);
  EXPECT_THAT(fails(2, fit + "--inputs X.npy --resume s --window 4"), HasSubstr("--window 5"));
  EXPECT_THAT(fails(2, fit + "--resume s --solver gram"), HasSubstr("--solver incremental"));
  EXPECT_THAT(fails(2, fit + "--resume s --oversampling 9"), HasSubstr("--oversampling 9"));
  EXPECT_THAT(fails(2, fit + "--resume s --solver grim"), HasSubstr("grim"));
  EXPECT_THAT(fails(2, fit + "--resume s --lengths L.npy"), HasSubstr("--inputs"));
  EXPECT_THAT(fails(2, "laes fit --components 4 --out b.safetensors --force --resume s"), HasSubstr("--components 3"));
}

TEST_F(Laes, DataSetsThatAreNone) {
  EXPECT_THAT(fails(2, "laes fit --data mnist --out b.safetensors"), HasSubstr("--variant sequential"));
  EXPECT_THAT(fails(2, "laes fit --data music --variant row --out b.safetensors"), HasSubstr("no variants"));
  EXPECT_THAT(fails(2, "laes fit --data t_maze --out b.safetensors"), HasSubstr("environment"));
  EXPECT_THAT(fails(2, "laes fit --inputs X.npy --limit 0 --out b.safetensors"),
              AllOf(HasSubstr("--limit is out of range"), HasSubstr("1 or more")));
}

TEST_F(Laes, Digits) {
  const std::filesystem::path data = std::filesystem::path(HYSTERON_SOURCE_DIR) / "../shared/data/mnist";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no MNIST in " << data;
  const auto json = succeeds("laes fit --data mnist --variant permuted --folder " + data.string() +
                             " --limit 300 --components 32 --set task.seed=3 --out a.safetensors --json")
                        .json();
  EXPECT_EQ(json["window"], 784);
  EXPECT_EQ(json["sequences"], 300);
  EXPECT_EQ(json["resolved"], 32);
  EXPECT_GT(json["energy"].get<double>(), 0.05);
  EXPECT_LE(json["norm"].get<double>(), 1 + 1e-9);
}

}  // namespace
}  // namespace hysteron
