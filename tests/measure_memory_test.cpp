// hysteron measure memory, the way a user runs it.
#include <gmock/gmock.h>

#include "tests/command_files.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class MeasuredMemory : public Commands {
 protected:
  void SetUp() override { put_normal("X.npy", {12, 60, 2}, 1); }
  nlohmann::ordered_json measure(const std::string& options) const {
    return succeeds("measure memory --json " + options).json();
  }
};

TEST_F(MeasuredMemory, OfANetworkOnSequences) {
  make_network("m.safetensors", "--cell gru --units 8 --layers 2");
  const auto json = measure("--model m.safetensors --inputs X.npy");
  for (const char* key : {"run", "seconds", "device", "seed", "error_by_lag", "variance_by_lag", "capacity",
                          "capacity_by_lag", "restitution", "width"})
    EXPECT_TRUE(json.contains(key)) << key;
  EXPECT_EQ(json["error_by_lag"].size(), 12u);
  EXPECT_EQ(json["count_by_lag"][0], 12) << "a fifth of 60";
  EXPECT_EQ(json["width"], 16);
  EXPECT_EQ(json["at"], "last");
  EXPECT_LT(json["error_by_lag"][0].get<double>(), 0.5 * json["variance_by_lag"][0].get<double>());
  EXPECT_GT(json["error_by_lag"][11].get<double>(), json["error_by_lag"][0].get<double>());
  // Two features at lag 0, and the same numbers again.
  EXPECT_LE(json["capacity_by_lag"][0].get<double>(), 2);
  EXPECT_EQ(measure("--model m.safetensors --inputs X.npy")["error_by_lag"], json["error_by_lag"]);
  EXPECT_EQ(measure("--model m.safetensors --inputs X.npy --lags 3")["error_by_lag"].size(), 3u);
}

TEST_F(MeasuredMemory, OfALinearAutoencoderThatKeepsEverything) {
  succeeds("laes fit --inputs X.npy --components 24 --out l.safetensors");
  const auto json = measure("--laes l.safetensors --inputs X.npy --test-share 0.3");
  ASSERT_EQ(json["own_error_by_lag"].size(), 12u);
  for (const auto& error : json["own_error_by_lag"]) EXPECT_LT(error.get<double>(), 1e-10);
  EXPECT_GT(json["restitution"].get<double>(), 0.999);
  EXPECT_LT(measure("--laes l.safetensors --inputs X.npy --test-share 0.3 --noise 0.5")["restitution"].get<double>(),
            0.9);
}

// Independent inputs: no more can be remembered than there are values.
TEST_F(MeasuredMemory, OfDrawnInputsIsBoundedAndFallsWithNoise) {
  make_network("m.safetensors", "--cell elman --units 6 --layers 1 --init orthogonal");
  const std::string line = "--model m.safetensors --steps 300 --sequences 20 --lags 20 --seed 3";
  const auto json = measure(line);
  EXPECT_EQ(json["at"], "all");
  EXPECT_EQ(json["error_by_lag"].size(), 20u);
  const double capacity = json["capacity"].get<double>();
  EXPECT_GT(capacity, 1);
  EXPECT_LT(capacity, 6.2);  // six values, plus what 1124 states share with 40 inputs by chance
  EXPECT_LT(measure(line + " --noise 1")["capacity"].get<double>(), 0.8 * capacity);
}

TEST_F(MeasuredMemory, SaysWhatItNeeds) {
  make_network("m.safetensors", "--cell gru --units 3 --layers 1");
  put_normal("X3.npy", {12, 60, 3}, 1);
  put_normal("one.npy", {12, 1, 2}, 1);
  EXPECT_THAT(fails(2, "measure memory --inputs X.npy"), AllOf(HasSubstr("--model"), HasSubstr("--laes")));
  EXPECT_THAT(fails(2, "measure memory --model m.safetensors --inputs X.npy --data mnist"),
              HasSubstr("--inputs and --data do not go together"));
  EXPECT_THAT(fails(3, "measure memory --model m.safetensors --inputs X3.npy"), HasSubstr("X3.npy"));
  EXPECT_THAT(fails(3, "measure memory --model m.safetensors --inputs one.npy"), HasSubstr("two or more"));
  EXPECT_THAT(fails(2, "measure memory --model m.safetensors --data mnits"), HasSubstr("mnits"));
  EXPECT_THAT(fails(2, "measure memory --model m.safetensors --inputs X.npy --at lats"), HasSubstr("\"last\""));
  EXPECT_THAT(fails(3, "measure memory --laes m.safetensors --inputs X.npy"), HasSubstr("m.safetensors"));
  // Options that would be ignored are refused.
  put_integers("L.npy", std::vector<std::int64_t>(60, 12));
  EXPECT_THAT(fails(2, "measure memory --model m.safetensors --lengths L.npy"), HasSubstr("--inputs"));
  EXPECT_THAT(fails(2, "measure memory --model m.safetensors --inputs X.npy --steps 9"), HasSubstr("--steps"));
  EXPECT_THAT(fails(2, "measure memory --model m.safetensors --inputs X.npy --variant row"), HasSubstr("--data"));
  EXPECT_THAT(fails(2, "measure memory --model m.safetensors --inputs X.npy --noise nan"), HasSubstr("found nan"));
  EXPECT_EQ(measure("--model m.safetensors --inputs X.npy --limit 10")["count_by_lag"][0], 2) << "a fifth of 10";
}

}  // namespace
}  // namespace hysteron
