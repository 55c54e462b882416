// Evaluation: true means over everything that counts, whatever the batches.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include <hysteron/trainer.hpp>

#include "tests/network.hpp"

namespace hysteron {
namespace {

/// Sequences of unequal lengths, more than one evaluation takes at once.
Sequences unequal_sequences(int count, int steps, int target_steps, int outputs) {
  Sequences sequences = normal_sequences(count, steps, 2, 3);
  Random random(3, Stream::test_of_library, 1);
  sequences.target_steps = target_steps, sequences.outputs = outputs;
  sequences.targets = normal_draws<float>(static_cast<std::size_t>(count * target_steps * outputs), 5, 1);
  for (int n = 0; n < count; ++n) {
    sequences.lengths.push_back(1 + static_cast<int>(random.below(steps)));
    sequences.labels.push_back(static_cast<int>(random.below(outputs)));
  }
  return sequences;
}

class Evaluations : public testing::Test {
 protected:
  std::unique_ptr<Backend> backend = make_backend("cpu", 1);

  /// One sequence at a time, each step within its length that the read-out reads; if only the last state is read, it
  /// always counts.
  void expect_mean(Sequences sequences, LossKind kind, int read_steps) {
    SCOPED_TRACE(std::to_string(read_steps) + (kind == LossKind::mse ? " steps, mse" : " steps, cross-entropy"));
    const ModelShape of{.cell = &cell_named("gru"),
                        .units = 5,
                        .layers = 2,
                        .structure = Structure::stack,
                        .inputs = 2,
                        .outputs = sequences.outputs};
    Model<double> model(*backend, of, 2);
    draw_network(model, 1);
    const std::vector<int> labels = sequences.labels;
    const std::vector<float> targets = sequences.targets;
    (kind == LossKind::mse ? static_cast<void>(sequences.labels.clear())
                           : static_cast<void>(sequences.targets.clear()));
    const Evaluation found = evaluate(model, sequences, kind, read_steps);
    ASSERT_EQ(found.loss.size(), 2u);
    ASSERT_EQ(found.accuracy.size(), kind == LossKind::mse ? 0u : 2u);

    std::vector<double> loss(2), right(2);
    double terms = 0;
    Batches<double> batches(*backend, sequences, 2, 1);
    Unrolled<double> unrolled(model, {sequences.total_steps(), 1}, read_steps, Keep::states);
    const auto outputs = static_cast<std::size_t>(sequences.outputs);
    for (int n = 0; n < sequences.count; ++n) {
      const Batch<double> batch = batches.gather(std::vector<int>{n, n});
      unrolled.forward(batch.inputs, batch.extent, batch.lengths);
      const int length =
          sequences.lengths.empty() ? sequences.total_steps() : sequences.lengths[static_cast<std::size_t>(n)];
      for (int step = 0; step < read_steps; ++step) {
        if (read_steps > 1 && sequences.total_steps() - read_steps + step >= length) continue;
        terms += kind == LossKind::mse ? double(outputs) : 1;
        for (int r = 0; r < 2; ++r) {
          const double* const output = unrolled.outputs().at(r, step);
          double sum = 0;
          for (std::size_t i = 0; i < outputs; ++i) {
            const double target = kind == LossKind::mse
                                      ? double(targets[static_cast<std::size_t>(n * read_steps + step) * outputs + i])
                                      : 0;
            sum += kind == LossKind::mse ? (output[i] - target) * (output[i] - target) : std::exp(output[i]);
          }
          const auto at = static_cast<std::size_t>(r);
          const int label = labels[static_cast<std::size_t>(n)];
          loss[at] += kind == LossKind::mse ? sum : std::log(sum) - output[label];
          right[at] += std::max_element(output, output + outputs) - output == label;
        }
      }
    }
    for (std::size_t r = 0; r < 2; ++r) {
      EXPECT_NEAR(found.loss[r], loss[r] / terms, 1e-12);
      if (kind == LossKind::cross_entropy) {
        EXPECT_NEAR(found.accuracy[r], right[r] / terms, 1e-12);
      }
    }
  }
};

TEST_F(Evaluations, AreMeansOverAllThatCounts) {
  for (const int count : {1, 7, 300, 513}) {
    for (const int read_steps : {1, 4}) {
      Sequences sequences = unequal_sequences(count, 6, read_steps, 3);
      if (count == 1) sequences.lengths = {6};
      expect_mean(sequences, LossKind::mse, read_steps);
      expect_mean(sequences, LossKind::cross_entropy, read_steps);
      sequences.lengths.clear();
      sequences.black = 2;
      expect_mean(sequences, LossKind::mse, read_steps);
      expect_mean(sequences, LossKind::cross_entropy, read_steps);
    }
  }
}

// The sum of the means of ceil(N / batch) batches, divided by floor(N / batch), for losses and accuracies.
TEST_F(Evaluations, AsTheAuthorsTakeMeans) {
  const ModelShape of{
      .cell = &cell_named("gru"), .units = 5, .layers = 1, .structure = Structure::stack, .inputs = 2, .outputs = 3};
  Model<double> model(*backend, of, 2);
  draw_network(model, 1);
  for (const int count : {8, 23, 33}) {
    Sequences sequences = unequal_sequences(count, 6, 1, 3);
    sequences.targets.clear();
    std::vector<double> loss(2), accuracy(2);
    for (int first = 0; first < count; first += 8) {
      const Evaluation one =
          evaluate(model, slice(sequences, first, std::min(8, count - first)), LossKind::cross_entropy, 1);
      for (std::size_t r = 0; r < 2; ++r) loss[r] += one.loss[r], accuracy[r] += one.accuracy[r];
    }
    const Evaluation found = evaluate(model, sequences, LossKind::cross_entropy, 1, {Compat::authors, 8}),
                     fixed = evaluate(model, sequences, LossKind::cross_entropy, 1, {Compat::fixed, 8});
    for (std::size_t r = 0; r < 2; ++r) {
      EXPECT_NEAR(found.loss[r], loss[r] / (count / 8), 1e-12) << count;
      EXPECT_NEAR(found.accuracy[r], accuracy[r] / (count / 8), 1e-12) << count;
      // 33 sequences: a batch of one counts as a whole batch, and the quotient has no batch too many.
      EXPECT_EQ(std::abs(found.loss[r] - fixed.loss[r]) < 1e-12, count == 8) << count;
    }
  }
  const Sequences few = unequal_sequences(7, 6, 1, 3);
  try {
    evaluate(model, few, LossKind::mse, 1, {Compat::authors, 8});
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ(error.text().found, "7");
    EXPECT_NE(error.text().hint.find("train.batch=7"), std::string::npos);
  }
}

}  // namespace
}  // namespace hysteron
