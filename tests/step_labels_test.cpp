// Labels at every step, and those that do not count: the loss and its gradient are those of torch.nn.CrossEntropyLoss,
// computed here from the outputs.
#include <cmath>

#include <gmock/gmock.h>

#include <hysteron/io.hpp>

#include "tests/command_files.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr int steps = 5, batch = 4, classes = 3;

class StepLabels : public Commands {
 protected:
  StepLabels() {
    put_normal("X.npy", {steps, batch, 2}, 1);
    make_network("m.safetensors", "--cell gru --units 5 --layers 1 --outputs 3 --precision double");
    succeeds("infer --model m.safetensors --inputs X.npy --outputs Y.npy");
  }
  void put_labels(const std::string& name, const Extents& shape, const std::vector<std::int64_t>& labels) const {
    write_npy(folder / name, make_array(shape, labels));
  }
  struct Loss {
    double loss = 0;
    std::vector<double> bias = std::vector<double>(classes);  ///< its gradient
  };
  /// The mean over the rows of Y.npy, step * batch + sequence, for which counts(row) is true.
  template <class Counts>
  Loss expected(const std::vector<std::int64_t>& labels, const Counts& counts) const {
    const std::vector<double> outputs = values("Y.npy");
    Loss mean;
    int counted = 0;
    for (std::size_t row = 0; row < labels.size(); ++row) {
      if (!counts(row)) continue;
      double sum = 0;
      for (std::size_t c = 0; c < classes; ++c) sum += std::exp(outputs[row * classes + c]);
      const auto label = static_cast<std::size_t>(labels[row]);
      mean.loss += std::log(sum) - outputs[row * classes + label];
      for (std::size_t c = 0; c < classes; ++c)
        mean.bias[c] += std::exp(outputs[row * classes + c]) / sum - (c == label ? 1 : 0);
      ++counted;
    }
    mean.loss /= counted;
    for (double& value : mean.bias) value /= counted;
    return mean;
  }
  void expect_loss(const std::string& options, const Loss& right) const {
    const auto json = succeeds(
                          "measure gradient --model m.safetensors --inputs X.npy --loss cross_entropy --json --out "
                          "G.safetensors " +
                          options)
                          .json();
    EXPECT_NEAR(json["loss"].get<double>(), right.loss, 1e-12);
    const std::vector<double> bias = to_doubles(tensors("G.safetensors").at("readout.bias"), "bias");
    for (std::size_t c = 0; c < classes; ++c) EXPECT_NEAR(bias[c], right.bias[c], 1e-12) << c;
  }

  const std::vector<std::int64_t> labels_{0, 1, 2, 0, 2, -100, 1, 1, 0, 0, -100, 2, 1, 2, 0, 1, -100, 0, 2, 1};
};

TEST_F(StepLabels, TheLossIsTheMeanOverThoseThatCount) {
  put_labels("L.npy", {steps, batch}, labels_);
  expect_loss("--targets L.npy", expected(labels_, [&](std::size_t row) { return labels_[row] >= 0; }));

  // Past a sequence's length labels are not looked at.
  const std::vector<std::int64_t> lengths{5, 2, 4, 3};
  put_integers("N.npy", lengths);
  std::vector<std::int64_t> padded = labels_;
  const auto within = [&](std::size_t row) { return std::int64_t(row / batch) < lengths[row % batch]; };
  for (std::size_t row = 0; row < padded.size(); ++row)
    if (!within(row)) padded[row] = 77;
  put_labels("P.npy", {steps, batch}, padded);
  // Outputs of the steps that count do not depend on lengths.
  expect_loss("--targets P.npy --lengths N.npy",
              expected(padded, [&](std::size_t row) { return within(row) && padded[row] >= 0; }));
  // At the last step alone, a sequence whose label is ignored does not count.
  expect_loss("--targets P.npy --lengths N.npy --at last", expected(padded, [&](std::size_t row) {
                return std::int64_t(row / batch) + 1 == lengths[row % batch] && padded[row] >= 0;
              }));
  // One label a sequence, at its last step, or at all steps.
  const std::vector<std::int64_t> one{2, -100, 0, 1};
  put_integers("O.npy", one);
  std::vector<std::int64_t> repeated;
  for (int step = 0; step < steps; ++step) repeated.insert(repeated.end(), one.begin(), one.end());
  expect_loss("--targets O.npy",
              expected(repeated, [&](std::size_t row) { return row / batch == steps - 1 && repeated[row] >= 0; }));
  expect_loss("--targets O.npy --at all", expected(repeated, [&](std::size_t row) { return repeated[row] >= 0; }));
}

TEST_F(StepLabels, NetworksLearnThem) {
  // Which of two inputs is larger, at every step.
  constexpr int many = 60;
  put_normal("Z.npy", {steps, many, 2}, 3);
  const std::vector<double> z = values("Z.npy");
  std::vector<std::int64_t> labels, marked, batch_first(steps * many);
  for (std::size_t row = 0; row < steps * many; ++row) {
    labels.push_back(z[2 * row] > z[2 * row + 1] ? 1 : 0);
    marked.push_back(row % 7 == 0 ? -1 : labels[row]);
    batch_first[row % many * steps + row / many] = labels[row];
  }
  put_labels("L.npy", {steps, many}, labels);
  put_labels("M.npy", {steps, many}, marked);
  put_labels("B.npy", {many, steps}, batch_first);
  const std::string train =
      "train --task arrays --loss cross_entropy --inputs Z.npy --cell gru --units 6 --layers 1 --set "
      "init.measure_draws=0 --set train.updates=150 --set train.learning_rate=0.03 --json --out ";
  const auto learned = succeeds(train + "a --targets L.npy").json();
  EXPECT_GT(learned["test_accuracy"][0].get<double>(), 0.85);
  EXPECT_GT(succeeds(train + "b --set task.ignored_label=-1 --targets M.npy").json()["test_accuracy"][0].get<double>(),
            0.85);
  EXPECT_THAT(fails(3, train + "c --targets M.npy"),
              AllOf(HasSubstr("-1 of sequence 0 at step 0"), HasSubstr("task.ignored_label=-1")));
  EXPECT_THAT(fails(3, train + "c --targets B.npy"),
              AllOf(HasSubstr("[steps, batch] = [5, 60]"), HasSubstr("found [60, 5]"), HasSubstr("--batch-first")));
  put_labels("I.npy", {many}, std::vector<std::int64_t>(many, -100));
  EXPECT_THAT(fails(3, train + "c --targets I.npy"), HasSubstr("no label"));
  // The start that looks at answers takes only those that count.
  EXPECT_GT(succeeds(train + "d --set task.ignored_label=-1 --targets M.npy --init autoencoder")
                .json()["test_accuracy"][0]
                .get<double>(),
            0.7);

  const std::vector<float> inputs(z.begin(), z.end());
  std::vector<float> turned(inputs.size());
  for (std::size_t row = 0; row < steps * many; ++row)
    for (std::size_t i = 0; i < 2; ++i) turned[(row % many * steps + row / many) * 2 + i] = inputs[2 * row + i];
  put_floats("ZB.npy", {many, steps, 2}, turned);
  std::string line = train + "e --targets B.npy --batch-first";
  line.replace(line.find("Z.npy"), 5, "ZB.npy");
  EXPECT_EQ(succeeds(line).json()["test_loss"], learned["test_loss"]);
}

}  // namespace
}  // namespace hysteron
