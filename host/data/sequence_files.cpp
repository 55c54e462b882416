#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <hysteron/error.hpp>
#include <hysteron/io.hpp>

#include "files/array.hpp"

namespace hysteron {
namespace {

constexpr int most_classes = 1'000'000;

// An extent as an int, as it is everywhere else.
int extent(const Array& array, std::size_t axis, const std::string& name, const std::string& axis_name) {
  const std::int64_t size = array.shape[axis];
  if (size < 1 || size > std::numeric_limits<int>::max())
    throw data_error({.what = name + " has an unusable shape",
                      .expected = fmt::format("one or more {}", axis_name),
                      .found = "shape " + shape_text(array.shape)});
  return static_cast<int>(size);
}

void expect_floating_point(const Array& array, const std::string& name) {
  if (!is_real(array.dtype))
    throw data_error({.what = name + " has the wrong dtype",
                      .expected = "real numbers: float32 or float64",
                      .found = std::string(dtype_name(array.dtype)),
                      .hint = "numpy.save(file, array.astype(\"float32\")) writes what is expected"});
}

void expect_batch(int batch, int sequences, const Array& array, const std::string& name,
                  Axes axes = Axes::steps_first) {
  if (batch != sequences)
    throw data_error({.what = name + " and the inputs have different numbers of sequences",
                      .expected = fmt::format("a batch of {}, as the inputs", sequences),
                      .found = fmt::format("{} in shape {}", batch, shape_text(array.shape)),
                      .hint = axes == Axes::steps_first
                                  ? "the axes of inputs and targets are [steps, batch, …]: the batch is the second "
                                    "(with --batch-first the first)"
                                  : "with --batch-first the axes of inputs and targets are [batch, steps, …]"});
}

// From [steps, batch, width], the file's order, to [batch, steps, width].
template <class Value>
std::vector<Value> by_sequence(const std::vector<Value>& values, int steps, int batch, int width) {
  const auto row = static_cast<std::size_t>(width);
  if (values.empty()) return {};
  std::vector<Value> turned(values.size());
  auto from = values.begin();
  for (std::size_t step = 0; step < static_cast<std::size_t>(steps); ++step)
    for (std::size_t sequence = 0; sequence < static_cast<std::size_t>(batch); ++sequence, from += width)
      std::copy_n(
          from, width,
          turned.begin() + static_cast<std::ptrdiff_t>((sequence * static_cast<std::size_t>(steps) + step) * row));
  return turned;
}

/// Values at the steps of sequences.
struct StepValues {
  int steps, batch, width;
  std::vector<float> values;  ///< [batch, steps, width]
  std::vector<double> exact;  ///< the same, if given in double precision and not held by single; else empty
};

StepValues step_values(const Array& array, const std::string& name, const std::string& width_name, Axes axes) {
  const bool steps_first = axes == Axes::steps_first;
  const std::string first = steps_first ? "steps" : "batch", second = steps_first ? "batch" : "steps";
  if (array.shape.size() == 2)
    throw data_error({.what = fmt::format("{} has the wrong number of dimensions", name),
                      .expected = fmt::format("[{}, {}, {}]", first, second, width_name),
                      .found = shape_text(array.shape),
                      .hint = "of one value a step: x[:, :, None]"});
  expect_dimensions(array, name, {first, second, width_name});
  expect_floating_point(array, name);
  const int outer = extent(array, 0, name, first), inner = extent(array, 1, name, second),
            width = extent(array, 2, name, width_name);
  std::vector<float> values = to_floats(array, name);
  std::vector<double> exact;
  if (array.dtype == DType::f64) exact = to_doubles(array, name);
  if (std::ranges::equal(exact, values, {}, {}, [](float value) { return static_cast<double>(value); })) exact.clear();
  if (!steps_first) return {inner, outer, width, std::move(values), std::move(exact)};
  return {outer, inner, width, by_sequence(values, outer, inner, width), by_sequence(exact, outer, inner, width)};
}

void put_lengths(const Array& array, const std::string& name, Sequences& sequences) {
  expect_dimensions(array, name, {"batch"});
  sequences.lengths = to_ints(array, name);
  expect_batch(extent(array, 0, name, "batch"), sequences.count, array, name);
  const auto wrong = std::find_if(sequences.lengths.begin(), sequences.lengths.end(),
                                  [&](int length) { return length < 1 || length > sequences.steps; });
  if (wrong != sequences.lengths.end())
    throw data_error({.what = "a length in " + name + " is out of range",
                      .expected = fmt::format("1 .. {}, the steps of the inputs", sequences.steps),
                      .found = fmt::format("{} at [{}]", *wrong, wrong - sequences.lengths.begin()),
                      .hint = "leave out empty sequences; a length counts the steps that are not padding"});
}

/// What is asked of sequences, wherever their arrays come from.
struct Asked {
  LossKind loss;
  Answers answers;
  std::optional<int> classes;
  Axes axes;
  int ignored_label;
};

// From answers at every step, `width` values each, those of each sequence at its own last step.
template <class Value>
std::vector<Value> last_step(const std::vector<Value>& answers, int width, const Sequences& sequences) {
  const auto steps = static_cast<std::size_t>(sequences.steps);
  std::vector<Value> last;
  for (std::size_t sequence = 0; sequence < static_cast<std::size_t>(sequences.count); ++sequence) {
    const auto length = sequences.lengths.empty() ? steps : static_cast<std::size_t>(sequences.lengths[sequence]);
    const auto row = answers.begin() + static_cast<std::ptrdiff_t>(sequence * steps + length - 1) * width;
    last.insert(last.end(), row, row + width);
  }
  return last;
}

// Labels [batch], or of every step [steps, batch], in the order of the sequences: [batch] or [batch, steps].
std::vector<int> labels_by_sequence(const Array& array, const std::string& name, const Asked& asked,
                                    const Sequences& sequences) {
  if (array.shape.size() == 1) {
    expect_batch(extent(array, 0, name, "batch"), sequences.count, array, name, asked.axes);
    return to_ints(array, name);
  }
  const bool steps_first = asked.axes == Axes::steps_first;
  const std::vector<std::int64_t> every_step = steps_first
                                                   ? std::vector<std::int64_t>{sequences.steps, sequences.count}
                                                   : std::vector<std::int64_t>{sequences.count, sequences.steps};
  const bool turned = array.shape == std::vector<std::int64_t>{every_step[1], every_step[0]};
  if (array.shape != every_step)
    throw data_error({.what = name + " has the wrong shape",
                      .expected = fmt::format("[batch] = [{}], or for labels at every step [{}] = {}", sequences.count,
                                              steps_first ? "steps, batch" : "batch, steps", shape_text(every_step)),
                      .found = shape_text(array.shape),
                      .hint = turned ? "the axes are turned: labels.T, or --batch-first if those of the inputs are too"
                                     : "a label is a number, not one value a class: one_hot.argmax(-1)"});
  const std::vector<int> labels = to_ints(array, name);
  return steps_first ? by_sequence(labels, sequences.steps, sequences.count, 1) : labels;
}

void put_labels(const Array& array, const std::string& name, const Asked& asked, Sequences& sequences) {
  if (!is_integer(array.dtype))
    throw data_error({.what = name + " has the wrong dtype",
                      .expected = "integers for the loss cross_entropy: the number of each sequence's class",
                      .found = std::string(dtype_name(array.dtype)),
                      .hint = "real numbers are targets of the loss mse"});
  const std::vector<int> labels = labels_by_sequence(array, name, asked, sequences);
  sequences.labels = labels;
  const bool every_step = sequences.label_steps() > 1;
  const int most = asked.classes.value_or(most_classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::size_t steps = labels.size() / static_cast<std::size_t>(sequences.count);
    const int length = every_step && !sequences.lengths.empty() ? sequences.lengths[i / steps] : sequences.steps;
    const bool counts = labels[i] != asked.ignored_label && static_cast<int>(i % steps) < length;
    if (!counts) sequences.labels[i] = ignored_label;
    if (counts && (labels[i] < 0 || labels[i] >= most))
      throw data_error(
          {.what = "a label in " + name + " is out of range",
           .expected = fmt::format("0 .. {}{}, or {} where none counts", most - 1,
                                   asked.classes ? ", less than the number of classes" : "", asked.ignored_label),
           .found = every_step ? fmt::format("{} of sequence {} at step {}", labels[i], i / steps, i % steps)
                               : fmt::format("{} at [{}]", labels[i], i),
           .hint = labels[i] < 0   ? fmt::format("task.ignored_label={} if it marks what does not count", labels[i])
                   : asked.classes ? ""
                                   : "number the classes from 0 on"});
  }
  const int largest = *std::ranges::max_element(sequences.labels);
  if (largest < 0)
    throw data_error({.what = "no label in " + name + " counts",
                      .expected = "labels from 0 on",
                      .found = fmt::format("{} everywhere", asked.ignored_label)});
  sequences.outputs = asked.classes.value_or(largest + 1);
  if (sequences.outputs < 2)
    throw data_error({.what = name + " has a single class",
                      .expected = "labels 0 and 1 at least",
                      .found = "label 0 only",
                      .hint = "say the number of classes if there are more than are seen here (task.classes)"});
  if (every_step && asked.answers == Answers::last) sequences.labels = last_step(sequences.labels, 1, sequences);
  sequences.target_steps = asked.answers == Answers::all || sequences.label_steps() > 1 ? sequences.steps : 1;
}

void put_targets(const Array& array, const std::string& name, const Asked& asked, Sequences& sequences) {
  StepValues given = step_values(array, name, "outputs", asked.axes);
  const auto outside = std::ranges::find_if(given.values, [](float value) { return value < 0 || value > 1; });
  if (asked.loss == LossKind::binary_cross_entropy && outside != given.values.end())
    throw data_error({.what = "a target in " + name + " is out of range",
                      .expected = "0 or 1, or between, for the loss binary_cross_entropy",
                      .found = fmt::format("{} at value {}", *outside, outside - given.values.begin()),
                      .hint = "targets of other numbers go with the loss mse"});
  expect_batch(given.batch, sequences.count, array, name, asked.axes);
  const bool every_step = given.steps == sequences.steps;
  if (!every_step && (given.steps != 1 || asked.answers == Answers::all))
    throw data_error(
        {.what = name + " has the wrong number of steps",
         .expected = fmt::format("{}{}, the steps of the inputs", asked.answers == Answers::all ? "" : "1 or ",
                                 sequences.steps),
         .found = fmt::format("{} in shape {}", given.steps, shape_text(array.shape)),
         .hint = asked.answers == Answers::all ? "with one target a sequence: task.at=last (--at last)" : ""});
  sequences.outputs = given.width;
  sequences.targets = std::move(given.values);
  sequences.exact_targets = std::move(given.exact);
  sequences.target_steps = given.steps;
  if (every_step && asked.answers == Answers::last) {
    sequences.targets = last_step(sequences.targets, sequences.outputs, sequences);
    if (!sequences.exact_targets.empty())
      sequences.exact_targets = last_step(sequences.exact_targets, sequences.outputs, sequences);
    sequences.target_steps = 1;
  }
}

void put_inputs(const Array& array, const std::string& name, Axes axes, Sequences& sequences) {
  StepValues given = step_values(array, name, "inputs", axes);
  sequences.steps = given.steps;
  sequences.count = given.batch;
  sequences.features = given.width;
  sequences.inputs = std::move(given.values);
  sequences.exact_inputs = std::move(given.exact);
}

void put_answers(const Array& array, const std::string& file, const Asked& asked, Sequences& sequences) {
  if (asked.loss == LossKind::cross_entropy)
    put_labels(array, "labels" + file, asked, sequences);
  else
    put_targets(array, "targets" + file, asked, sequences);
}

}  // namespace

Answers answers_named(const std::string& name) {
  if (name == "auto") return Answers::automatic;
  if (name == "last") return Answers::last;
  if (name == "all") return Answers::all;
  const std::string known[] = {"auto", "last", "all"};
  throw unknown_name("choice of answers", name, known);
}

LossKind loss_named(const std::string& name) {
  if (name == "mse") return LossKind::mse;
  if (name == "cross_entropy") return LossKind::cross_entropy;
  if (name == "binary_cross_entropy") return LossKind::binary_cross_entropy;
  const std::string known[] = {"mse", "cross_entropy", "binary_cross_entropy"};
  throw unknown_name("loss", name, known);
}

Sequences sequences_of(const SequenceArrays& arrays) {
  Sequences sequences;
  put_inputs(arrays.inputs, "inputs", arrays.axes, sequences);
  if (arrays.lengths) put_lengths(*arrays.lengths, "lengths", sequences);
  if (arrays.targets)
    put_answers(*arrays.targets, "", {arrays.loss, arrays.answers, arrays.classes, arrays.axes, arrays.ignored_label},
                sequences);
  return sequences;
}

Sequences read_sequences(const SequenceFiles& files) {
  Sequences sequences;
  put_inputs(read_array(files.inputs), "inputs " + files.inputs, files.axes, sequences);
  if (!files.lengths.empty()) put_lengths(read_array(files.lengths), "lengths " + files.lengths, sequences);
  if (!files.targets.empty())
    put_answers(read_array(files.targets), " " + files.targets,
                {files.loss, files.answers, files.classes, files.axes, files.ignored_label}, sequences);
  return sequences;
}

}  // namespace hysteron
