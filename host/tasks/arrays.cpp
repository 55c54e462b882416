#include <algorithm>
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

namespace hysteron {
namespace {

Sequences read(const SequenceFiles& files, const char* what) {
  return doing(fmt::format("reading the {} sequences of the task arrays", what), [&] { return read_sequences(files); });
}

// The test files must ask for the same as the training files.
void expect_alike(const Sequences& train, const Sequences& test) {
  const auto expect = [](const char* what, int expected, int found, const char* hint) {
    if (found != expected)
      throw data_error({.what = fmt::format("the test sequences differ from the training sequences in {}", what),
                        .expected = std::to_string(expected),
                        .found = std::to_string(found),
                        .hint = hint});
  };
  expect("inputs a step", train.features, test.features, "");
  expect("steps", train.steps, test.steps,
         "pad the shorter with zeros, and say where sequences end with task.lengths and task.test_lengths");
  expect("outputs", train.outputs, test.outputs, "");
  expect("steps of targets", train.target_steps, test.target_steps, "");
}

/// The user's own sequences, from .npy files; shapes: SequenceFiles.
class Arrays final : public Task {
 public:
  std::string description() const override { return "your own sequences and targets, from .npy files"; }

  void declare(Settings& settings) const override {
    settings.declare("task.inputs", "", ".npy of [steps, batch, inputs], float32 or float64");
    settings.declare(
        "task.targets", "",
        ".npy: class numbers [batch] or [steps, batch] for cross_entropy, else [1 or steps, batch, outputs]");
    settings.declare("task.lengths", "", ".npy of [batch]: the steps of each sequence; none: all");
    settings.declare("task.batch_first", false, "arrays of sequences are [batch, steps, ...], not [steps, batch, ...]");
    settings.declare(
        "task.loss", "mse",
        "mse, for numbers: the mean over the outputs; cross_entropy, for classes: -log of the softmax at the class; "
        "binary_cross_entropy, for outputs that are each 0 or 1: the sum over the outputs; each the mean over "
        "the sequences and the steps that count",
        one_of({"mse", "cross_entropy", "binary_cross_entropy"}));
    settings.declare("task.at", "auto", "steps that count; auto: all if the targets have every step",
                     one_of({"auto", "last", "all"}));
    settings.declare("task.classes", 0, "number of classes; 0: as the largest label says", range(0, 1'000'000));
    settings.declare("task.ignored_label", ignored_label, "the label that does not count", range(-1e9, 1e9));
    settings.declare("task.test_inputs", "", "the test set; none: the last sequences of the inputs");
    settings.declare("task.test_targets", "", "targets of the test set");
    settings.declare("task.test_lengths", "", "lengths of the test set");
    settings.declare("task.test_share", 0.2,
                     "share of the sequences that becomes the test set if no test files are given",
                     fraction_below_one());
    settings.declare("task.solved", 0.0, "test loss (mse) or accuracy (else) that counts as solved; 0: none",
                     at_least(0));
  }

  // Sequences with labels often come class by class.
  Split usual_split(const Settings& settings) const override {
    return loss_named(settings.text("task.loss")) == LossKind::cross_entropy ? Split::shuffled : Split::last;
  }

  TaskData make(const Settings& settings) const override {
    const LossKind loss = loss_named(settings.text("task.loss"));
    const Answers answers = answers_named(settings.text("task.at"));
    SequenceFiles files = {.inputs = settings.text("task.inputs"),
                           .lengths = settings.text("task.lengths"),
                           .targets = settings.text("task.targets"),
                           .loss = loss,
                           .answers = answers,
                           .axes = settings.flag("task.batch_first") ? Axes::batch_first : Axes::steps_first,
                           .ignored_label = static_cast<int>(settings.integer("task.ignored_label"))};
    if (const auto classes = static_cast<int>(settings.integer("task.classes")); classes > 0) files.classes = classes;
    for (const char* key : {"task.inputs", "task.targets"}) require(settings, key, "the task arrays needs it");

    TaskData data;
    for (const char* key :
         {"task.inputs", "task.targets", "task.lengths", "task.test_inputs", "task.test_targets", "task.test_lengths"})
      if (!settings.text(key).empty()) data.files.emplace_back(settings.text(key));
    data.train = read(files, "training");
    if (settings.declared("train.split") && settings.text("train.split") == "shuffled") {
      data.train = shuffled(data.train);
      data.split = Split::shuffled;
    }
    data.notes.push_back(files.inputs + ": " + sequences_text(data.train));
    if (settings.text("task.test_inputs").empty())
      split(settings, data);
    else
      data.test = read_test(settings, files, data.train);
    data.loss = loss;
    data.outputs = data.train.outputs;
    data.read_steps = data.train.target_steps;
    if (const double solved = settings.number("task.solved"); solved > 0)
      (loss == LossKind::mse ? data.solved_loss : data.solved_accuracy) = solved;
    return data;
  }

 private:
  static void require(const Settings& settings, const char* key, const char* why) {
    if (settings.text(key).empty())
      throw usage_error({.what = fmt::format("{} is not set", key),
                         .expected = fmt::format("the name of a .npy file: {}", why),
                         .hint = fmt::format("--set {}=FILE.npy", key)});
  }

  // The last share of the sequences becomes the test set: at least one sequence.
  static void split(const Settings& settings, TaskData& data) {
    for (const char* key : {"task.test_targets", "task.test_lengths"})
      if (!settings.text(key).empty()) require(settings, "task.test_inputs", "there is a file of the test set");
    const int count = data.train.count;
    if (count < 2)
      throw data_error({.what = "too few sequences to train and to test",
                        .expected = "two or more",
                        .found = std::to_string(count),
                        .hint = "or give a test set of its own with task.test_inputs and task.test_targets"});
    const auto share = static_cast<int>(std::lround(settings.number("task.test_share") * count));
    const int test = std::clamp(share, 1, count - 1);
    data.test = slice(data.train, count - test, test);
    data.train = slice(data.train, 0, count - test);
  }

  static Sequences read_test(const Settings& settings, const SequenceFiles& train_files, const Sequences& train) {
    require(settings, "task.test_targets", "the test set has inputs");
    SequenceFiles files = train_files;
    files.inputs = settings.text("task.test_inputs");
    files.targets = settings.text("task.test_targets");
    files.lengths = settings.text("task.test_lengths");
    if (files.loss == LossKind::cross_entropy) files.classes = train.outputs;
    Sequences test = read(files, "test");
    expect_alike(train, test);
    return test;
  }
};

const Registration<Task> registration("arrays", [] { return std::make_unique<Arrays>(); });

}  // namespace
}  // namespace hysteron
