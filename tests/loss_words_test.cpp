// What help says a loss is, compared with the value that the program computes.
#include <cmath>

#include <gmock/gmock.h>

#include "tests/command_files.hpp"

namespace hysteron {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

class LossWords : public Commands {
 protected:
  static constexpr int steps = 4, batch = 2, width = 3;
  void SetUp() override {
    put_normal("X.npy", {steps, batch, 2}, 1);
    std::vector<float> targets;
    for (const float value : normal({steps, batch, width}, 2)) targets.push_back(value > 0 ? 1.0F : 0.0F);
    put_floats("Y.npy", {steps, batch, width}, targets);
    put_integers("C.npy", {2, 0});
    succeeds(
        "train --task arrays --inputs X.npy --targets Y.npy --units 4 --layers 1 --set train.updates=0 "
        "--set train.validation_share=0 --set task.test_share=0.5 --set init.measure_draws=0 --out run");
    succeeds("infer --model " + model + " --inputs X.npy --outputs O.npy");
  }
  /// The part of the help about a loss: "mse, for numbers: the mean over the outputs".
  std::string said_of(const std::string& loss, std::string help) const {
    for (std::size_t at = 0; (at = help.find('\n', at)) != std::string::npos;)
      help.replace(at, help.find_first_not_of(" \n", at) - at, " ");
    const std::size_t begin = help.find(loss + ", for ");
    EXPECT_NE(begin, std::string::npos) << loss << " is not described in\n" << help;
    return begin == std::string::npos ? "" : help.substr(begin, help.find(';', begin) - begin);
  }
  double measured(const std::string& loss) const {
    const std::string targets = loss == "cross_entropy" ? "C.npy" : "Y.npy";
    return succeeds("measure gradient --model " + model + " --inputs X.npy --targets " + targets + " --loss " + loss +
                    " --at all --json")
        .json()["loss"]
        .get<double>();
  }
  /// The mean over steps and sequences of what a step's outputs give, which the words describe.
  double as_described(const std::string& words) const {
    const std::vector<double> outputs = values("O.npy"), targets = values("Y.npy"), classes = values("C.npy");
    double total = 0;
    for (std::size_t row = 0; row < steps * batch; ++row) {
      double sum = 0, exponentials = 0;
      for (std::size_t i = row * width; i < (row + 1) * width; ++i) {
        const double x = outputs[i];
        exponentials += std::exp(x);
        sum += words.starts_with("mse") ? (x - targets[i]) * (x - targets[i])
                                        : std::log1p(std::exp(targets[i] == 1 ? -x : x));
      }
      const bool softmax = words.find("softmax at the class") != std::string::npos;
      const auto label = static_cast<std::size_t>(classes[row % batch]);
      const double terms = words.find("the mean over the outputs") != std::string::npos ? width : 1;
      total += softmax ? std::log(exponentials) - outputs[row * width + label] : sum / terms;
    }
    return total / (steps * batch);
  }
  const std::string model = "run/models/replica-00.safetensors";
};

TEST_F(LossWords, SayWhatIsComputed) {
  for (const std::string help :
       {"help measure gradient", "help train", "config --task arrays --inputs X --targets Y"}) {
    const std::string text = succeeds(help).out;
    for (const std::string loss : {"mse", "cross_entropy", "binary_cross_entropy"}) {
      // "cross_entropy, for" also ends the other's name.
      const std::string words = said_of(loss == "cross_entropy" ? " " + loss : loss, text);
      EXPECT_THAT(words, AnyOf(HasSubstr("mean over the outputs"), HasSubstr("sum over the outputs"),
                               HasSubstr("softmax at the class")));
      const std::string plain = words.substr(words.find_first_not_of(' '));
      EXPECT_NEAR(measured(loss), as_described(plain), 1e-5) << help << ": " << words;
    }
  }
}

}  // namespace
}  // namespace hysteron
