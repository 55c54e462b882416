// Arrays of float64 stay as they are where the computation is in double: linear autoencoders, measures of them,
// networks of float64. Where it is in single precision and digits that matter are lost, that is said once.
#include <cmath>

#include <gmock/gmock.h>

#include <hysteron/io.hpp>
#include <hysteron/random.hpp>

#include "tests/command_files.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::vector<double> draws(std::size_t count, std::uint64_t seed, double mean) {
  Random random(seed, Stream::test_of_library);
  std::vector<double> values(count);
  for (double& value : values) value = mean + random.normal();
  return values;
}

Sequences sequences(const std::vector<double>& inputs, int features) {
  const auto values = static_cast<std::int64_t>(inputs.size());
  return sequences_of({.inputs = make_array({5, values / 5 / features, features}, inputs)});
}

TEST(DoubleData, IsKeptWhereSinglePrecisionDoesNotHoldIt) {
  const std::vector<double> drawn = draws(40, 1, 0);
  const Sequences kept = sequences(drawn, 2);
  ASSERT_EQ(kept.exact_inputs.size(), drawn.size());
  for (std::size_t n = 0; n < 4; ++n)
    for (std::size_t step = 0; step < 5; ++step)
      for (std::size_t i = 0; i < 2; ++i)
        EXPECT_EQ(kept.exact_inputs[(n * 5 + step) * 2 + i], drawn[(step * 4 + n) * 2 + i]);
  EXPECT_EQ(slice(kept, 1, 2).exact_inputs.size(), 20u);
  EXPECT_EQ(slice(kept, 1, 2).exact_inputs[0], kept.exact_inputs[10]);
  EXPECT_TRUE(sequences(std::vector<double>{0, 1, 2.5, -3, 4}, 1).exact_inputs.empty());
}

TEST(DoubleData, WhatRoundingLosesIsSaid) {
  EXPECT_EQ(lost_to_rounding(sequences(draws(100, 1, 0), 2)), "");
  EXPECT_EQ(lost_to_rounding(sequences(draws(100, 1, 1000), 2)), "");  // 3e-5 of the spread
  const std::string lost = lost_to_rounding(sequences(draws(100, 1, 1e8), 2));
  EXPECT_THAT(lost, AllOf(HasSubstr("float32 rounds input"), HasSubstr("ulps"), HasSubstr("subtract the mean")));
  // 1e5: an ulp is 1/128, so that the rounding is 1/256 of the spread.
  EXPECT_THAT(lost_to_rounding(sequences(draws(1000, 2, 1e5), 1)), HasSubstr("by as much as 0.0039"));
  // A constant that single precision does not hold loses nothing of its spread, of which there is none.
  EXPECT_EQ(lost_to_rounding(sequences(std::vector<double>(10, 0.1), 1)), "");
  std::vector<double> second = draws(100, 3, 0);
  for (std::size_t i = 1; i < second.size(); i += 2) second[i] += 1e7;
  EXPECT_THAT(lost_to_rounding(sequences(second, 2)), HasSubstr("rounds input 1"));
  Sequences with_targets = sequences_of(
      {.inputs = make_array({5, 20, 1}, draws(100, 1, 0)), .targets = make_array({1, 20, 1}, draws(20, 2, 1e9))});
  EXPECT_THAT(lost_to_rounding(with_targets), HasSubstr("rounds target 0"));
}

class DoubleFiles : public Commands {
 protected:
  DoubleFiles() {
    put("X.npy", 0);
    put("F.npy", 1e8);
  }
  void put(const std::string& name, double mean) const {
    write_npy(folder / name, make_array({12, 30, 2}, draws(720, 1, mean)));
  }
};

TEST_F(DoubleFiles, AnOffsetIsNothingToALinearAutoencoder) {
  for (const std::string solver : {"gram", "incremental", "randomized"}) {
    SCOPED_TRACE(solver);
    const auto fitted = [&](const std::string& file, const std::string& more) {
      return succeeds("laes fit --components 8 --window 8 --solver " + solver + " --force --json --inputs " + file +
                      " --out " + file + ".safetensors " + more)
          .json();
    };
    const auto centred = fitted("X.npy", "--save-state X.state"), offset = fitted("F.npy", "--save-state F.state");
    EXPECT_NEAR(centred["energy"].get<double>(), offset["energy"].get<double>(), 1e-6);
    // A state keeps what was added.
    const auto capacity = [&](const std::string& file) {
      return succeeds("measure memory --json --lags 6 --ridge 1e-6 --laes " + file + ".safetensors --inputs " + file)
          .json()["capacity"]
          .get<double>();
    };
    EXPECT_GT(capacity("X.npy"), 1);
    EXPECT_NEAR(capacity("F.npy"), capacity("X.npy"), 1e-3);
    const auto again = [&](const std::string& file) {
      return succeeds("laes fit --components 8 --force --json --resume " + file + ".state --inputs " + file +
                      ".npy --out again.safetensors")
          .json()["energy"]
          .get<double>();
    };
    EXPECT_NEAR(again("F"), again("X"), 1e-6);
  }
}

TEST_F(DoubleFiles, ANetworkOfSinglePrecisionSaysWhatItLoses) {
  make_network("single.safetensors", "--cell gru --units 3 --layers 1 --outputs 1");
  make_network("double.safetensors", "--cell gru --units 3 --layers 1 --outputs 1 --precision double");
  const auto said = [&](const std::string& model, const std::string& file) {
    return succeeds("infer --model " + model + ".safetensors --inputs " + file + ".npy --outputs Y.npy -q").err;
  };
  EXPECT_THAT(said("single", "F"), AllOf(HasSubstr("warning: F.npy: float32 rounds input"), HasSubstr("ulps")));
  EXPECT_EQ(said("single", "X"), "");
  EXPECT_EQ(said("double", "F"), "");
  write_npy(folder / "T.npy", make_array({1, 30, 1}, draws(30, 4, 0)));
  const std::string train =
      "train --task arrays --targets T.npy --cell gru --units 3 --layers 1 --set train.updates=1 --set "
      "init.measure_draws=0 -q --inputs ";
  const std::string warned = succeeds(train + "F.npy --out a").err;
  EXPECT_THAT(warned, HasSubstr("float32 rounds"));
  EXPECT_EQ(warned.find("float32"), warned.rfind("float32"));  // once
  EXPECT_EQ(succeeds(train + "F.npy --precision double --out b").err, "");
  EXPECT_EQ(succeeds(train + "X.npy --out c").err, "");
}

}  // namespace
}  // namespace hysteron
