// The programs in examples/, run as their readers would run them.
#include <cmath>
#include <cstdio>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/io.hpp>
#include <hysteron/random.hpp>

#include "tests/child_program.hpp"

namespace hysteron {
namespace {

using testing::HasSubstr;

class Examples : public testing::Test {
 protected:
  Ended run(const std::string& line) const {
    std::vector<std::string> all = words(line);
    const std::string program = std::string(HYSTERON_EXAMPLES) + "/" + all[0];
    all.erase(all.begin());
    return Child(program, all, folder.path(), {"HYSTERON_THREADS=1"}).wait();
  }
  std::string prints(const std::string& line) const {
    const Ended ended = run(line);
    EXPECT_EQ(ended.code, 0) << line << "\n" << ended.err;
    return ended.out;
  }
  /// The number that follows the words; if the words are missing, the test fails.
  static double after(const std::string& text, const std::string& before) {
    const std::size_t at = text.find(before);
    double number = 0;
    if (at == std::string::npos || std::sscanf(text.c_str() + at + before.size(), "%lf", &number) != 1)
      ADD_FAILURE() << "no number after \"" << before << "\" in\n" << text;
    return number;
  }
  std::vector<float> uniform(std::size_t count, std::uint64_t seed, double most = 1) const {
    Random random(seed, Stream::test_of_library);
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random.uniform(-most, most));
    return values;
  }

  TemporaryFolder folder;
};

// The mean of six numbers, whose variance is 1/18.
TEST_F(Examples, TrainOnArrays) {
  const std::vector<float> x = uniform(600, 1);
  std::vector<float> y(100);
  for (std::size_t i = 0; i < x.size(); ++i) y[i % 100] += x[i] / 6;
  write_npy(folder / "X.npy", make_array({6, 100, 1}, x));
  write_npy(folder / "Y.npy", make_array({1, 100, 1}, y));
  const std::string printed = prints("train_on_arrays X.npy Y.npy model.safetensors outputs.npy");
  const double first = after(printed, "two networks: "), second = after(printed, " and ");
  EXPECT_LT(std::max(first, second), 1.0 / 18);
  EXPECT_THAT(printed, HasSubstr(first <= second ? "is network 0" : "is network 1"));
  // The answers after the last step are those to which the test loss refers.
  const Array outputs = read_array((folder / "outputs.npy").string());
  EXPECT_EQ(outputs.shape, (std::vector<std::int64_t>{6, 20, 1}));
  const std::vector<double> answers = to_doubles(outputs, "outputs");
  double loss = 0;
  for (std::size_t n = 0; n < 20; ++n) loss += std::pow(answers[100 + n] - double(y[80 + n]), 2) / 20;
  EXPECT_NEAR(loss, std::min(first, second), 1e-4 * loss);
  EXPECT_EQ(read_model(folder / "model.safetensors").shape.units, 16);
  EXPECT_THAT(run("train_on_arrays X.npy").err, HasSubstr("train_on_arrays X.npy Y.npy"));
  EXPECT_EQ(run("train_on_arrays no.npy Y.npy m o").code, 3);
}

// A state_dict of a module with an nn.GRU(2, 12, 2) called encoder, an nn.Linear and a buffer.
TEST_F(Examples, WarmUpPyTorch) {
  Safetensors state;
  std::uint64_t seed = 1;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
    const auto size = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
    state.tensors.push_back(
        {name, make_array(std::move(shape), uniform(static_cast<std::size_t>(size), ++seed, 0.29))});
  };
  for (const std::string layer : {"0", "1"}) {
    add("encoder.weight_ih_l" + layer, {36, layer == "0" ? 2 : 12});
    add("encoder.weight_hh_l" + layer, {36, 12});
    add("encoder.bias_ih_l" + layer, {36});
    add("encoder.bias_hh_l" + layer, {36});
  }
  add("head.weight", {3, 12});
  add("head.bias", {3});
  add("scale", {5});
  write_safetensors(folder / "in.safetensors", state);
  write_npy(folder / "X.npy", make_array({20, 40, 2}, uniform(1600, 100, 2)));
  const std::string printed = prints("warm_up_pytorch in.safetensors X.npy out.safetensors");
  EXPECT_THAT(printed, HasSubstr("2 layers of 12 units"));
  EXPECT_GT(after(printed, "before, "), after(printed, "(VAA): "));
  const Safetensors warmed = read_safetensors(folder / "out.safetensors");
  ASSERT_EQ(warmed.tensors.size(), state.tensors.size());
  for (std::size_t i = 0; i < state.tensors.size(); ++i) {
    const auto& [name, array] = state.tensors[i];
    EXPECT_EQ(warmed.tensors[i].name, name);
    EXPECT_EQ(warmed.tensors[i].array.shape, array.shape);
    EXPECT_EQ(warmed.tensors[i].array.bytes == array.bytes, !name.starts_with("encoder.")) << name;
  }
}

TEST_F(Examples, LinearAutoencoder) {
  const std::string printed = prints("linear_autoencoder");
  EXPECT_GT(after(printed, "components keep: "), 0.95);
  EXPECT_GT(after(printed, ", autoencoder "), 0.7);
  EXPECT_LT(after(printed, ": classic "), 0.5);
}

TEST_F(Examples, OwnProgram) {
  const std::string list = prints("own_program info");
  for (const char* name : {"majority", "small", "copy_first_input", "warm_up"}) EXPECT_THAT(list, HasSubstr(name));
  const std::string printed = prints(
      "own_program train --task majority --init small --cell gru --units 16 --layers 1 --set train.updates=300 "
      "--set init.measure_draws=0 --set train.learning_rate=1e-2 --out runs/majority");
  EXPECT_THAT(printed, HasSubstr("yes"));
  EXPECT_THAT(contents(folder / "runs/majority/config.toml"), HasSubstr("factor = 0.5"));
  prints("own_program report runs/majority --out page.html");
  EXPECT_THAT(contents(folder / "page.html"), HasSubstr("majority"));
}

}  // namespace
}  // namespace hysteron
