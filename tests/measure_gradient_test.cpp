// hysteron measure gradient, compared with the losses and states that hysteron infer gives.
#include <cmath>

#include <gmock/gmock.h>

#include "tests/command_files.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::HasSubstr;

double mean_square(const std::vector<double>& outputs, const std::vector<double>& targets) {
  double sum = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) sum += (outputs[i] - targets[i]) * (outputs[i] - targets[i]);
  return sum / static_cast<double>(outputs.size());
}

class Gradient : public Commands {
 protected:
  static constexpr std::int64_t steps = 4, batch = 2;
  void SetUp() override {
    put_normal("X.npy", {steps, batch, 2}, 1);
    put_normal("Y.npy", {steps, batch, 2}, 2);
    put_normal("Y1.npy", {1, batch, 2}, 3);
    put_integers("C.npy", {1, 0});
    put_integers("L.npy", {4, 2});
  }
  nlohmann::ordered_json measure(const std::string& model, const std::string& options) const {
    return succeeds("measure gradient --model " + model + " --inputs X.npy --json " + options).json();
  }
  /// dloss/dp by central differences of the program's own loss, for a few values of every parameter, compared with
  /// G.safetensors.
  void expect_gradient(const std::string& options) const {
    measure("m.safetensors", options + " --out G.safetensors");
    const Safetensors gradient = tensors("G.safetensors"), model = tensors("m.safetensors");
    constexpr double apart = 1e-5;
    for (std::size_t t = 0; t < model.tensors.size(); ++t) {
      ASSERT_EQ(gradient.tensors[t].name, model.tensors[t].name);
      ASSERT_EQ(gradient.tensors[t].array.shape, model.tensors[t].array.shape);
      const std::vector<double> found = to_doubles(gradient.tensors[t].array, "gradient");
      const std::size_t at = found.size() / 2;
      double loss[2];
      for (const int side : {0, 1}) {
        Safetensors moved = model;
        std::vector<double> weights = to_doubles(moved.tensors[t].array, "weights");
        weights[at] += side == 0 ? -apart : apart;
        moved.tensors[t].array = make_array(moved.tensors[t].array.shape, weights);
        write_safetensors(folder / "moved.safetensors", moved);
        loss[side] = measure("moved.safetensors", options)["loss"].get<double>();
      }
      EXPECT_NEAR(found[at], (loss[1] - loss[0]) / (2 * apart), 1e-7) << options << " " << model.tensors[t].name;
    }
  }
};

TEST_F(Gradient, OfEveryLossAgreesWithCentralDifferences) {
  make_network("m.safetensors", "--cell gru --units 4 --layers 2 --structure double --outputs 2 --precision double");
  for (const char* const options :
       {"--targets Y1.npy --loss mse --at last --lengths L.npy", "--targets Y.npy --loss mse --at all --lengths L.npy",
        "--targets C.npy --loss cross_entropy --at last",
        "--targets C.npy --loss cross_entropy --at all --lengths L.npy"})
    expect_gradient(options);
}

TEST_F(Gradient, LossIsTheMeanOverWhatCounts) {
  make_network("m.safetensors", "--cell lstm --units 3 --layers 1 --outputs 2 --precision double");
  succeeds("infer --model m.safetensors --inputs X.npy --outputs O.npy");
  const std::vector<double> outputs = values("O.npy"), targets = values("Y.npy"), last_targets = values("Y1.npy");
  const auto loss = [&](const std::string& options) { return measure("m.safetensors", options)["loss"].get<double>(); };
  const auto rows = [](const std::vector<double>& all, const std::vector<std::size_t>& chosen) {
    std::vector<double> some;
    for (const std::size_t row : chosen)
      some.insert(some.end(), all.begin() + static_cast<std::ptrdiff_t>(row) * 2,
                  all.begin() + static_cast<std::ptrdiff_t>(row) * 2 + 2);
    return some;
  };
  EXPECT_NEAR(loss("--targets Y.npy --loss mse --at all"), mean_square(outputs, targets), 1e-12);
  EXPECT_NEAR(loss("--targets Y.npy"), mean_square(outputs, targets), 1e-12) << "auto, of targets of every step";
  EXPECT_NEAR(loss("--targets Y1.npy --loss mse --at last"), mean_square(rows(outputs, {6, 7}), last_targets), 1e-12);
  EXPECT_NEAR(loss("--targets Y1.npy --lengths L.npy"), mean_square(rows(outputs, {6, 3}), last_targets), 1e-12);
  EXPECT_NEAR(loss("--targets Y.npy --at all --lengths L.npy"),
              mean_square(rows(outputs, {0, 1, 2, 3, 4, 6}), rows(targets, {0, 1, 2, 3, 4, 6})), 1e-12);
  const auto surprise = [&](std::size_t row, std::size_t label) {
    return std::log(std::exp(outputs[row * 2]) + std::exp(outputs[row * 2 + 1])) - outputs[row * 2 + label];
  };
  EXPECT_NEAR(loss("--targets C.npy --loss cross_entropy --at last"), (surprise(6, 1) + surprise(7, 0)) / 2, 1e-12);
}

// |dloss/dh_t| from the other side: start from the state after step t, change it, and look at the loss of the rest.
TEST_F(Gradient, StateNormsAreTheGradientsOfStates) {
  for (const std::string cell : {"gru", "lstm"}) {
    make_network(cell + ".safetensors", "--cell " + cell + " --units 2 --layers 1 --outputs 2 --precision double");
    const auto json = measure(cell + ".safetensors", "--targets Y1.npy --at last --out G.safetensors");
    const Array kept = tensors("G.safetensors").at("state_grad_norm");
    ASSERT_EQ(kept.shape, (Extents{1, steps}));
    EXPECT_EQ(to_doubles(kept, "norms"), json["state_grad_norm"][0].get<std::vector<double>>());
    const std::vector<float> x = normal(Extents{steps, batch, 2}, 1);
    const std::vector<double> targets = values("Y1.npy");
    constexpr std::int64_t t = 2;  // two steps before, two after
    const std::span<const float> all(x);
    put_floats("Xa.npy", {t, batch, 2}, all.first(t * batch * 2));
    put_floats("Xb.npy", {steps - t, batch, 2}, all.subspan(t * batch * 2));
    succeeds("infer --model " + cell + ".safetensors --inputs Xa.npy --outputs O.npy --states S.npy");
    const std::vector<double> states = values("S.npy");
    constexpr double apart = 1e-5;
    double square = 0;
    for (std::size_t i = 0; i < states.size(); ++i) {
      double loss[2];
      for (const int side : {0, 1}) {
        std::vector<double> moved = states;
        moved[i] += side == 0 ? -apart : apart;
        write_npy(folder / "S0.npy", make_array(array("S.npy").shape, moved));
        succeeds("infer --model " + cell + ".safetensors --inputs Xb.npy --h0 S0.npy --outputs O.npy");
        const std::vector<double> outputs = values("O.npy");
        loss[side] = mean_square({outputs.end() - 4, outputs.end()}, targets);
      }
      square += std::pow((loss[1] - loss[0]) / (2 * apart), 2);
    }
    EXPECT_NEAR(json["state_grad_norm"][0][t - 1].get<double>(), std::sqrt(square), 1e-8) << cell;
  }
}

TEST_F(Gradient, RepeatTimesAndChangesNothing) {
  make_network("m.safetensors", "--cell mgu --units 5 --layers 2 --outputs 2");
  const auto once = measure("m.safetensors", "--targets Y.npy --out a.safetensors"),
             often = measure("m.safetensors", "--targets Y.npy --out b.safetensors --repeat 3");
  EXPECT_FALSE(once.contains("seconds_each"));
  ASSERT_EQ(often["seconds_each"].size(), 3u);
  EXPECT_THAT(often["seconds_each"].get<std::vector<double>>(), Each(Ge(0)));
  EXPECT_EQ(bytes("a.safetensors"), bytes("b.safetensors"));
  const Safetensors gradient = tensors("a.safetensors");
  double square = 0;
  for (const NamedArray& tensor : gradient.tensors)
    if (tensor.name != "state_grad_norm")
      for (const double value : to_doubles(tensor.array, tensor.name)) square += value * value;
  EXPECT_NEAR(once["grad_norm"].get<double>(), std::sqrt(square), 1e-9);
}

TEST_F(Gradient, RefusesWhatDoesNotFit) {
  make_network("m.safetensors", "--cell gru --units 4 --layers 1 --outputs 2");
  make_network("bare.safetensors", "--cell gru --units 4 --layers 1");
  const std::string line = "measure gradient --inputs X.npy --out G.safetensors --model ";
  EXPECT_THAT(fails(3, line + "bare.safetensors --targets Y.npy"), HasSubstr("no read-out"));
  EXPECT_THAT(fails(2, line + "m.safetensors"), HasSubstr("--targets"));
  EXPECT_THAT(fails(2, line + "m.safetensors --targets Y.npy --loss msee"),
              AllOf(HasSubstr("\"msee\""), HasSubstr("\"mse\"")));
  EXPECT_THAT(fails(2, line + "m.safetensors --targets Y.npy --at lats"),
              AllOf(HasSubstr("\"lats\""), HasSubstr("\"last\"")));
  EXPECT_THAT(fails(3, line + "m.safetensors --targets Y1.npy --at all"), HasSubstr("Y1.npy"));
  EXPECT_THAT(fails(3, line + "m.safetensors --targets Y.npy --loss cross_entropy"), HasSubstr("integers"));
  put_normal("Y3.npy", {steps, batch, 3}, 1);
  EXPECT_THAT(fails(3, line + "m.safetensors --targets Y3.npy"), AllOf(HasSubstr("2 outputs"), HasSubstr("3")));
  put_integers("C5.npy", {1, 5});
  EXPECT_THAT(fails(3, line + "m.safetensors --targets C5.npy --loss cross_entropy"),
              AllOf(HasSubstr("C5.npy"), HasSubstr("5")));
  EXPECT_FALSE(std::filesystem::exists(folder / "G.safetensors"));
}

}  // namespace
}  // namespace hysteron
