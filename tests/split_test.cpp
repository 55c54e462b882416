// Which sequences are kept from training: by chance where there are labels, and a warning with counts where a part of
// the data lacks a class.
#include <algorithm>

#include <gmock/gmock.h>

#include <hysteron/sequences.hpp>

#include "tests/command_files.hpp"
#include "training/absent_classes.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(AbsentClasses, AreNamedWithTheCountsOfAll) {
  const std::vector<int> all{0, 1, 2, 1}, some{0, 0, 2}, none;
  EXPECT_EQ(absent_classes({{"training", all}, {"test", all}}), "");
  EXPECT_EQ(absent_classes({{"training", all}, {"validation", none}}), "");  // there is none
  EXPECT_EQ(absent_classes({{"training", some}, {"validation", none}, {"test", all}}),
            "absent: class 1 from training (labels of training, test; class 0: 2 1; class 1: 0 2; class 2: 1 1)");
  const std::vector<int> ignored{-100, 0, 1, -1, 2};
  EXPECT_EQ(absent_classes({{"training", ignored}, {"test", all}}), "");
}

TEST(Shuffled, EachSequenceKeepsWhatIsItsOwn) {
  Sequences sequences;
  sequences.count = 50, sequences.steps = 2, sequences.features = 1, sequences.target_steps = 1, sequences.outputs = 2;
  for (int n = 0; n < 50; ++n) {
    sequences.inputs.insert(sequences.inputs.end(), {float(n), float(-n)});
    sequences.targets.insert(sequences.targets.end(), {float(2 * n), float(3 * n)});
    sequences.lengths.push_back(1 + n % 2);
    sequences.labels.push_back(n);
  }
  const Sequences turned = shuffled(sequences);
  EXPECT_NE(turned.labels, sequences.labels);
  for (std::size_t n = 0; n < 50; ++n) {
    const int own = turned.labels[n];
    EXPECT_EQ(turned.inputs[2 * n], float(own));
    EXPECT_EQ(turned.inputs[2 * n + 1], float(-own));
    EXPECT_EQ(turned.targets[2 * n + 1], float(3 * own));
    EXPECT_EQ(turned.lengths[n], 1 + own % 2);
  }
  EXPECT_EQ(shuffled(sequences).labels, turned.labels);
  // Stored once, read by several.
  sequences.stored.assign(50, 0);
  sequences.stored[7] = 3;
  const Sequences shared = shuffled(sequences);
  EXPECT_EQ(shared.inputs, sequences.inputs);
  for (std::size_t n = 0; n < 50; ++n) EXPECT_EQ(shared.stored[n], shared.labels[n] == 7 ? 3 : 0);
}

class Splits : public Commands {
 protected:
  Splits() {
    put_normal("X.npy", {3, 60, 2}, 1);
    std::vector<std::int64_t> labels;
    for (int n = 0; n < 60; ++n) labels.push_back(n / 20);
    put_integers("Y.npy", labels);
  }
  static std::string train(const std::string& options) {
    return "train --task arrays --inputs X.npy --targets Y.npy --loss cross_entropy --cell gru --units 3 --layers 1 "
           "--set train.updates=4 --set init.measure_draws=0 " +
           options;
  }
};

TEST_F(Splits, LabelsAreDividedByChance) {
  const std::string said = succeeds(train("--out run")).err;
  EXPECT_THAT(said, Not(HasSubstr("warning")));
  EXPECT_THAT(bytes("run/config.toml"), HasSubstr("split = \"shuffled\""));
  // In the order of the file if that is asked for: the last class is never trained on.
  const std::string last = succeeds(train("--set train.split=last --out last")).err;
  EXPECT_THAT(last, AllOf(HasSubstr("warning: absent: "), HasSubstr("classes 0 1 from test"),
                          HasSubstr("class 2: 0 8 12"), HasSubstr("train.split=shuffled")));
  EXPECT_THAT(succeeds(train("--set train.split=last --set train.validation_share=0 --out none")).err,
              HasSubstr("class 2: 8 12"));
  // A test set of one's own is taken as it is.
  put_normal("X3.npy", {3, 5, 2}, 4);
  put_integers("Y3.npy", {0, 0, 0, 1, 1});
  EXPECT_THAT(succeeds(train("--set task.test_inputs=X3.npy --set task.test_targets=Y3.npy --out own")).err,
              AllOf(HasSubstr("absent: class 2 from test"), Not(HasSubstr("train.split"))));
}

TEST_F(Splits, OtherTasksAndTargetsKeepTheOrder) {
  put_normal("Z.npy", {1, 60, 1}, 5);
  succeeds(
      "train --task arrays --inputs X.npy --targets Z.npy --cell gru --units 3 --layers 1 --set train.updates=1 "
      "--set init.measure_draws=0 --out real");
  EXPECT_THAT(bytes("real/config.toml"), HasSubstr("split = \"last\""));
  const std::string copy =
      "train --task copy_first_input --set task.steps=3 --set task.train=50 --set task.test=5 --cell gru --units 3 "
      "--layers 1 --set train.updates=40 --set init.measure_draws=0 --json --set train.split=";
  const auto valid_loss = [&](const std::string& split) {
    return succeeds(copy + split + " --out " + split).json()["valid_loss"];
  };
  EXPECT_NE(valid_loss("last"), valid_loss("shuffled"));
}

}  // namespace
}  // namespace hysteron
