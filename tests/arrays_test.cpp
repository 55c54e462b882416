#include <cstdint>
#include <filesystem>
#include <limits>
#include <numeric>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <hysteron/error.hpp>
#include <hysteron/io.hpp>
#include <hysteron/task.hpp>

#include "files/npy.hpp"
#include "tests/made_task.hpp"

namespace hysteron {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Arrays : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        std::filesystem::path(::testing::TempDir()) / fmt::format("hysteron_arrays_{}_{}", test->name(), ::getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Returns the path of the file.
  template <class Value>
  std::string write(const std::string& name, std::vector<std::int64_t> shape, const std::vector<Value>& values) {
    const auto path = folder_ / name;
    write_npy(path, make_array(std::move(shape), std::span<const Value>(values)));
    return path.string();
  }
  // Filled with 0, 1, 2 … in the file's order.
  std::string count_up(const std::string& name, std::vector<std::int64_t> shape) {
    std::int64_t size = 1;
    for (const std::int64_t extent : shape) size *= extent;
    std::vector<float> values(static_cast<std::size_t>(size));
    std::iota(values.begin(), values.end(), 0.0F);
    return write(name, std::move(shape), values);
  }
  std::string labels(const std::string& name, const std::vector<std::int64_t>& values) {
    return write(name, {static_cast<std::int64_t>(values.size())}, values);
  }

  static TaskData make(const std::vector<Setting>& set) { return made_task("arrays", set); }
  static Error error_of(const std::vector<Setting>& set) { return error_of_task("arrays", set); }

  static void expect_data_error(const std::vector<Setting>& set, const std::vector<std::string>& parts) {
    const Error error = error_of(set);
    EXPECT_EQ(error.kind(), ErrorKind::data) << error.what();
    for (const std::string& part : parts) EXPECT_THAT(error.what(), HasSubstr(part));
  }

  std::filesystem::path folder_;
};

TEST_F(Arrays, TurnsSequencesAndTargetsOfEveryStep) {
  const TaskData data =
      make({{"task.inputs", count_up("X.npy", {3, 5, 2})}, {"task.targets", count_up("Y.npy", {3, 5, 1})}});
  EXPECT_EQ(data.loss, LossKind::mse);
  EXPECT_EQ(data.outputs, 1);
  EXPECT_EQ(data.read_steps, 3);
  EXPECT_FALSE(data.solved_loss || data.solved_accuracy || data.trivial_loss);
  EXPECT_EQ(data.train.count, 4);
  EXPECT_EQ(data.test.count, 1);
  EXPECT_EQ(data.train.steps, 3);
  EXPECT_EQ(data.train.features, 2);
  EXPECT_EQ(data.train.black, 0);
  EXPECT_EQ(data.train.target_steps, 3);
  EXPECT_TRUE(data.train.lengths.empty());
  EXPECT_THAT(std::vector<float>(data.train.inputs.begin(), data.train.inputs.begin() + 12),
              ElementsAre(0, 1, 10, 11, 20, 21, 2, 3, 12, 13, 22, 23));
  EXPECT_THAT(data.test.inputs, ElementsAre(8, 9, 18, 19, 28, 29));
  EXPECT_THAT(data.test.targets, ElementsAre(4, 9, 14));
}

TEST_F(Arrays, ReadsDoubles) {
  const auto inputs = write<double>("X.npy", {1, 2, 1}, {0.1, -2.5});
  const TaskData data = make({{"task.inputs", inputs}, {"task.targets", inputs}});
  EXPECT_THAT(data.train.inputs, ElementsAre(0.1F));
  EXPECT_THAT(data.test.targets, ElementsAre(-2.5F));
}

TEST_F(Arrays, TakesOneTargetASequence) {
  const TaskData data =
      make({{"task.inputs", count_up("X.npy", {3, 2, 1})}, {"task.targets", count_up("Y.npy", {1, 2, 2})}});
  EXPECT_EQ(data.read_steps, 1);
  EXPECT_EQ(data.outputs, 2);
  EXPECT_EQ(data.train.target_steps, 1);
  EXPECT_THAT(data.train.targets, ElementsAre(0, 1));
  EXPECT_THAT(data.test.targets, ElementsAre(2, 3));
}

TEST_F(Arrays, TakesEachSequencesOwnLastTarget) {
  const std::vector<Setting> set = {{"task.inputs", count_up("X.npy", {3, 4, 1})},
                                    {"task.targets", count_up("Y.npy", {3, 4, 1})},
                                    {"task.at", "last"},
                                    {"task.test_share", "0.25"}};
  const TaskData whole = make(set);
  EXPECT_EQ(whole.read_steps, 1);
  EXPECT_THAT(whole.train.targets, ElementsAre(8, 9, 10));
  EXPECT_THAT(whole.test.targets, ElementsAre(11));
  std::vector<Setting> with_lengths = set;
  with_lengths.push_back({"task.lengths", labels("L.npy", {1, 3, 2, 1})});
  const TaskData own = make(with_lengths);
  EXPECT_THAT(own.train.lengths, ElementsAre(1, 3, 2));
  EXPECT_THAT(own.test.lengths, ElementsAre(1));
  EXPECT_THAT(own.train.targets, ElementsAre(0, 9, 6));
  EXPECT_THAT(own.test.targets, ElementsAre(3));
}

TEST_F(Arrays, ClassifiesSequences) {
  const auto inputs = count_up("X.npy", {2, 5, 1});
  const std::vector<Setting> set = {{"task.inputs", inputs},
                                    {"task.targets", labels("Y.npy", {0, 3, 1, 0, 2})},
                                    {"task.loss", "cross_entropy"},
                                    {"task.solved", "0.8"}};
  const TaskData data = make(set);
  EXPECT_EQ(data.loss, LossKind::cross_entropy);
  EXPECT_EQ(data.outputs, 4);
  EXPECT_EQ(data.read_steps, 1);
  EXPECT_EQ(data.solved_accuracy, 0.8);
  EXPECT_FALSE(data.solved_loss);
  EXPECT_THAT(data.train.labels, ElementsAre(0, 3, 1, 0));
  EXPECT_THAT(data.test.labels, ElementsAre(2));
  EXPECT_TRUE(data.train.targets.empty());

  std::vector<Setting> more = set;
  more.push_back({"task.classes", "7"});
  more.push_back({"task.at", "all"});
  const TaskData seven = make(more);
  EXPECT_EQ(seven.outputs, 7);
  EXPECT_EQ(seven.test.outputs, 7);
  EXPECT_EQ(seven.read_steps, 2);
}

TEST_F(Arrays, TakesLabelsOfEveryIntegerType) {
  const auto inputs = count_up("X.npy", {2, 3, 1});
  const auto bytes = write<std::uint8_t>("u8.npy", {3}, {2, 0, 1});
  const auto words = write<std::int32_t>("i32.npy", {3}, {2, 0, 1});
  for (const std::string& targets : {bytes, words})
    EXPECT_THAT(make({{"task.inputs", inputs}, {"task.targets", targets}, {"task.loss", "cross_entropy"}}).train.labels,
                ElementsAre(2, 0));
}

TEST_F(Arrays, ReadsATestSetOfItsOwn) {
  const TaskData data = make({{"task.inputs", count_up("X.npy", {2, 3, 1})},
                              {"task.targets", labels("Y.npy", {0, 2, 1})},
                              {"task.loss", "cross_entropy"},
                              {"task.test_inputs", count_up("X_test.npy", {2, 2, 1})},
                              {"task.test_targets", labels("Y_test.npy", {1, 0})},
                              {"task.test_lengths", labels("L_test.npy", {2, 1})}});
  EXPECT_EQ(data.train.count, 3);
  EXPECT_EQ(data.test.count, 2);
  EXPECT_EQ(data.test.outputs, 3);
  EXPECT_THAT(data.test.inputs, ElementsAre(0, 2, 1, 3));
  EXPECT_THAT(data.test.lengths, ElementsAre(2, 1));
  EXPECT_TRUE(data.train.lengths.empty());
}

TEST_F(Arrays, LeavesOneSequenceAtLeastOnEitherSide) {
  const auto inputs = count_up("X.npy", {2, 3, 1});
  const auto of_share = [&](const char* share) {
    return make({{"task.inputs", inputs}, {"task.targets", inputs}, {"task.test_share", share}});
  };
  EXPECT_EQ(of_share("0.0").test.count, 1);
  EXPECT_EQ(of_share("0.67").test.count, 2);
  EXPECT_EQ(of_share("0.99").train.count, 1);
  EXPECT_EQ(error_of({{"task.inputs", inputs}, {"task.targets", inputs}, {"task.test_share", "1.0"}}).kind(),
            ErrorKind::usage);
}

TEST_F(Arrays, NeedsItsFiles) {
  const auto inputs = count_up("X.npy", {2, 3, 1});
  EXPECT_THAT(error_of({}).what(), HasSubstr("task.inputs is not set"));
  EXPECT_EQ(error_of({}).kind(), ErrorKind::usage);
  EXPECT_THAT(error_of({{"task.inputs", inputs}}).what(), HasSubstr("task.targets is not set"));
  EXPECT_THAT(error_of({{"task.inputs", inputs}, {"task.targets", inputs}, {"task.test_inputs", inputs}}).what(),
              HasSubstr("task.test_targets is not set"));
  EXPECT_THAT(error_of({{"task.inputs", inputs}, {"task.targets", inputs}, {"task.test_targets", inputs}}).what(),
              HasSubstr("task.test_inputs is not set"));
  expect_data_error({{"task.inputs", (folder_ / "none.npy").string()}, {"task.targets", inputs}},
                    {"none.npy", "while reading the training sequences"});
}

TEST_F(Arrays, KnowsItsChoices) {
  const auto inputs = count_up("X.npy", {2, 3, 1});
  const Error loss = error_of({{"task.inputs", inputs}, {"task.targets", inputs}, {"task.loss", "cross_entropi"}});
  EXPECT_EQ(loss.kind(), ErrorKind::usage);
  EXPECT_THAT(loss.what(), HasSubstr("did you mean \"cross_entropy\"?"));
  const Error at = error_of({{"task.inputs", inputs}, {"task.targets", inputs}, {"task.at", "lst"}});
  EXPECT_EQ(at.kind(), ErrorKind::usage);
  EXPECT_THAT(at.what(), HasSubstr("did you mean \"last\"?"));
  EXPECT_EQ(loss_named("cross_entropy"), LossKind::cross_entropy);
  EXPECT_EQ(answers_named("all"), Answers::all);
  EXPECT_THROW(loss_named("mae"), Error);
  EXPECT_THROW(answers_named("first"), Error);
}

TEST_F(Arrays, RefusesShapes) {
  const auto inputs = count_up("X.npy", {3, 4, 2});
  expect_data_error({{"task.inputs", count_up("flat.npy", {3, 4})}, {"task.targets", inputs}},
                    {"[steps, batch, inputs]", "found [3, 4]"});
  expect_data_error({{"task.inputs", count_up("none.npy", {3, 0, 2})}, {"task.targets", inputs}},
                    {"one or more batch", "[3, 0, 2]"});
  expect_data_error({{"task.inputs", count_up("stepless.npy", {0, 4, 2})}, {"task.targets", inputs}},
                    {"one or more steps"});
  expect_data_error({{"task.inputs", inputs}, {"task.targets", count_up("Y1.npy", {3, 5, 1})}},
                    {"batch of 4", "found 5", "hint: "});
  expect_data_error({{"task.inputs", inputs}, {"task.targets", count_up("Y2.npy", {2, 4, 1})}},
                    {"expected 1 or 3", "found 2"});
  expect_data_error({{"task.inputs", inputs}, {"task.targets", count_up("Y3.npy", {4})}},
                    {"[steps, batch, outputs]", "found [4]"});
  expect_data_error({{"task.inputs", inputs}, {"task.targets", count_up("Y4.npy", {1, 4, 1})}, {"task.at", "all"}},
                    {"expected 3", "found 1", "hint: "});
  expect_data_error(
      {{"task.inputs", count_up("single.npy", {3, 1, 2})}, {"task.targets", count_up("Y5.npy", {1, 1, 1})}},
      {"two or more", "found 1", "hint: "});
}

TEST_F(Arrays, RefusesDtypes) {
  const auto inputs = count_up("X.npy", {1, 2, 1});
  const auto whole = write<std::int64_t>("whole.npy", {1, 2, 1}, {1, 2});
  expect_data_error({{"task.inputs", whole}, {"task.targets", inputs}},
                    {"float32 or float64", "found int64", "hint: "});
  expect_data_error({{"task.inputs", inputs}, {"task.targets", whole}}, {"float32 or float64", "found int64"});
  const auto real = write<float>("real.npy", {2}, {0, 1});
  expect_data_error({{"task.inputs", inputs}, {"task.targets", real}, {"task.loss", "cross_entropy"}},
                    {"integers", "found float32", "hint: "});
  expect_data_error({{"task.inputs", inputs}, {"task.targets", inputs}, {"task.lengths", real}}, {"found float32"});
}

TEST_F(Arrays, RefusesNumbersThatAreNone) {
  const auto good = count_up("X.npy", {2, 2, 1});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto with_nan = write<float>("nan.npy", {2, 2, 1}, {0, 1, 2, nan});
  expect_data_error({{"task.inputs", with_nan}, {"task.targets", good}}, {"[1, 1, 0] is nan"});
  const auto with_infinity = write<double>("inf.npy", {2, 2, 1}, {0, -std::numeric_limits<double>::infinity(), 2, 3});
  expect_data_error({{"task.inputs", good}, {"task.targets", with_infinity}}, {"[0, 1, 0] is -inf"});
  const auto too_large = write<double>("large.npy", {2, 2, 1}, {0, 1, 1e300, 3});
  expect_data_error({{"task.inputs", too_large}, {"task.targets", good}}, {"[1, 0, 0]"});
}

TEST_F(Arrays, RefusesLengths) {
  const auto inputs = count_up("X.npy", {3, 2, 1});
  const auto with = [&](const std::string& lengths) {
    return std::vector<Setting>{{"task.inputs", inputs}, {"task.targets", inputs}, {"task.lengths", lengths}};
  };
  expect_data_error(with(labels("zero.npy", {3, 0})), {"1 .. 3", "found 0 at [1]", "hint: "});
  expect_data_error(with(labels("long.npy", {4, 1})), {"1 .. 3", "found 4 at [0]"});
  expect_data_error(with(labels("negative.npy", {-1, 1})), {"found -1 at [0]"});
  expect_data_error(with(labels("few.npy", {3})), {"batch of 2", "found 1"});
  expect_data_error(with(labels("huge.npy", {std::int64_t{1} << 40, 1})), {"[0]"});
  expect_data_error(with(write<std::int64_t>("table.npy", {2, 1}, {1, 1})), {"[batch]", "found [2, 1]"});
}

TEST_F(Arrays, RefusesLabels) {
  const auto inputs = count_up("X.npy", {3, 2, 1});
  const auto with = [&](const std::string& targets, const char* classes = "0") {
    return std::vector<Setting>{
        {"task.inputs", inputs}, {"task.targets", targets}, {"task.loss", "cross_entropy"}, {"task.classes", classes}};
  };
  expect_data_error(with(labels("negative.npy", {0, -1})), {"found -1 at [1]", "hint: "});
  expect_data_error(with(labels("huge.npy", {0, 2'000'000'000})), {"found 2000000000 at [1]"});
  expect_data_error(with(labels("beyond.npy", {4, 1}), "4"), {"0 .. 3", "found 4 at [0]"});
  expect_data_error(with(labels("one.npy", {0, 0})), {"single class", "task.classes"});
  expect_data_error(with(labels("few.npy", {1})), {"batch of 2", "found 1"});
  expect_data_error(with(write<std::int64_t>("hot.npy", {2, 2}, {0, 1, 1, 0})), {"[batch]", "found [2, 2]"});
}

TEST_F(Arrays, RefusesATestSetUnlikeTheTrainingSet) {
  const auto with = [&](const std::string& inputs, const std::string& targets) {
    return std::vector<Setting>{{"task.inputs", count_up("X.npy", {3, 2, 2})},
                                {"task.targets", count_up("Y.npy", {3, 2, 1})},
                                {"task.test_inputs", inputs},
                                {"task.test_targets", targets}};
  };
  expect_data_error(with(count_up("A.npy", {3, 2, 1}), count_up("B.npy", {3, 2, 1})),
                    {"inputs a step", "expected 2", "found 1"});
  expect_data_error(with(count_up("C.npy", {4, 2, 2}), count_up("D.npy", {4, 2, 1})),
                    {"steps", "expected 3", "found 4", "hint: "});
  expect_data_error(with(count_up("E.npy", {3, 2, 2}), count_up("F.npy", {3, 2, 2})),
                    {"outputs", "expected 1", "found 2"});
  expect_data_error(with(count_up("G.npy", {3, 2, 2}), count_up("H.npy", {1, 2, 1})),
                    {"steps of targets", "expected 3", "found 1"});
  expect_data_error({{"task.inputs", count_up("X.npy", {3, 2, 1})},
                     {"task.targets", labels("Y.npy", {0, 1})},
                     {"task.loss", "cross_entropy"},
                     {"task.test_inputs", count_up("I.npy", {3, 1, 1})},
                     {"task.test_targets", labels("J.npy", {2})}},
                    {"0 .. 1", "found 2 at [0]", "while reading the test sequences"});
}

TEST_F(Arrays, ReadsInputsWithoutTargets) {
  const Sequences sequences = read_sequences({.inputs = count_up("X.npy", {2, 3, 2}),
                                              .lengths = labels("L.npy", {1, 2, 2}),
                                              .targets = "",
                                              .loss = LossKind::mse,
                                              .answers = Answers::automatic});
  EXPECT_EQ(sequences.count, 3);
  EXPECT_EQ(sequences.outputs, 0);
  EXPECT_EQ(sequences.target_steps, 0);
  EXPECT_TRUE(sequences.targets.empty());
  EXPECT_THAT(sequences.lengths, ElementsAre(1, 2, 2));
}

// The same from arrays in memory, with messages that name no file.
TEST_F(Arrays, MakesSequencesOfArrays) {
  const std::string x = count_up("X.npy", {2, 3, 2}), y = count_up("Y.npy", {2, 3, 1});
  const Array inputs = read_array(x), targets = read_array(y);
  const Array lengths = make_array({3}, std::vector<std::int64_t>{1, 2, 2});
  const Sequences made = sequences_of({.inputs = inputs, .lengths = lengths, .targets = targets});
  const Sequences read = read_sequences({.inputs = x, .lengths = labels("L.npy", {1, 2, 2}), .targets = y});
  EXPECT_EQ(made.count, 3);
  EXPECT_EQ(made.target_steps, 2);
  EXPECT_EQ(made.inputs, read.inputs);
  EXPECT_EQ(made.targets, read.targets);
  EXPECT_EQ(made.lengths, read.lengths);
  const auto message = [](const SequenceArrays& arrays) -> std::string {
    try {
      sequences_of(arrays);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message({.inputs = lengths}), testing::StartsWith("inputs has the wrong number of dimensions"));
  EXPECT_THAT(message({.inputs = inputs, .lengths = make_array({3}, std::vector<int>{1, 3, 2})}),
              testing::StartsWith("a length in lengths is out of range"));
  EXPECT_THAT(message({.inputs = inputs, .targets = targets, .loss = LossKind::cross_entropy}),
              testing::StartsWith("labels has the wrong dtype"));
}

}  // namespace
}  // namespace hysteron
