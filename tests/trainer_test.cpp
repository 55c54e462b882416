// Training: what one update does, which weights are kept, stopping and resuming, failures.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/trainer.hpp>

#include "foundation/statistics.hpp"
#include "tests/record_files.hpp"
#include "tests/training.hpp"

namespace hysteron {
namespace {

using testing::HasSubstr;

std::vector<int> shuffled(Backend& cpu, std::uint64_t seed, std::uint64_t epoch, int count) {
  std::vector<int> order(static_cast<std::size_t>(count));
  cpu.operations(0.0F).shuffle({.seeds = &seed, .replicas = 1, .count = count, .epoch = epoch, .orders = order.data()});
  return order;
}

class Trainers : public testing::Test {
 protected:
  std::unique_ptr<Backend> backend = make_backend("cpu", 1);

  static ModelShape shape(const char* cell, int units = 6) {
    return {.cell = &cell_named(cell),
            .units = units,
            .layers = 2,
            .structure = Structure::stack,
            .inputs = 1,
            .outputs = 1};
  }
};

TEST_F(Trainers, TheLossFalls) {
  const TaskData data = copy_first_input(4, 200, 100);
  Training<float> training(*backend, data, shape("gru", 12), {1, 2},
                           {.updates = 250, .batch = 20, .learning_rates = {0.01, 0.01}, .adam = {}, .measure = {}});
  const Evaluation before = evaluate(training.model, data.test, data.loss, data.read_steps);
  EXPECT_EQ(training.run(), Trainer<float>::End::finished);
  training.trainer.take_best();
  const Evaluation after = evaluate(training.model, data.test, data.loss, data.read_steps);
  for (std::size_t r = 0; r < 2; ++r) {
    EXPECT_LT(after.loss[r], 0.3 * before.loss[r]);
    EXPECT_LT(after.loss[r], 0.5);  // 1 if the answer is always the mean
    EXPECT_LT(training.trainer.train_loss()[r], 0.5);
  }
}

// The learning rate is so high that the validation goes up and down: the best is somewhere on the way.
TEST_F(Trainers, TheBestWeightsOfTheValidationAreKept) {
  const TaskData data = copy_first_input(3, 50);
  Training<float> training(*backend, data, shape("elman"), {1, 2, 3},
                           {.updates = 48,
                            .batch = 10,
                            .learning_rates = {0.05, 0.1, 0.02},
                            .adam = {},
                            .validation = 15,
                            .validate_every = 3,
                            .measure = {}});
  training.run();
  const std::vector<Event> validated = training.events->named("validated");
  ASSERT_EQ(validated.size(), 17u);  // before the first update, and after every third
  std::vector<float> at_the_end = training.parameters();
  training.trainer.take_best();
  const Sequences valid = slice(data.train, 35, 15);
  const Evaluation best = evaluate(training.model, valid, data.loss, data.read_steps);
  bool on_the_way = false;
  for (std::size_t r = 0; r < 3; ++r) {
    double least = std::numeric_limits<double>::infinity();
    std::int64_t at = -1;
    for (const Event& event : validated)
      if (const double loss = Events::value<std::vector<double>>(event, "valid_loss")[r]; loss < least)
        least = loss, at = Events::value<std::int64_t>(event, "update");
    EXPECT_EQ(training.trainer.best_loss()[r], least);
    EXPECT_EQ(training.trainer.best_update()[r], at);
    EXPECT_EQ(best.loss[r], least);
    on_the_way = on_the_way || (at > 0 && at < 48);
  }
  EXPECT_TRUE(on_the_way) << "the best were all the first or the last: this shows nothing";
  EXPECT_NE(training.parameters(), at_the_end);
}

// 11 sequences to validate on, in batches of 4: three means over two. Nothing else differs.
TEST_F(Trainers, ValidatesAsTheAuthors) {
  const TaskData data = copy_first_input(3, 44, 8);
  TrainerOptions options;
  options.updates = 5, options.batch = 4, options.learning_rates = {0.05}, options.validation = 11;
  Training<double> fixed(*backend, data, shape("gru"), {1}, options);
  fixed.run();
  options.compat = Compat::authors;
  Training<double> authors(*backend, data, shape("gru"), {1}, options);
  authors.run();
  EXPECT_EQ(authors.parameters(), fixed.parameters());
  const Evaluation valid = evaluate(authors.model, slice(data.train, 33, 11), data.loss, 1, {Compat::authors, 4});
  EXPECT_EQ(Events::value<std::vector<double>>(authors.events->named("validated").back(), "valid_loss"), valid.loss);
  EXPECT_GT(valid.loss[0],
            Events::value<std::vector<double>>(fixed.events->named("validated").back(), "valid_loss")[0]);
  EXPECT_NEAR(authors.trainer.evaluated_on(data.test).loss[0], evaluate(authors.model, data.test, data.loss, 1).loss[0],
              1e-12);
  // Before the first step: too few to validate on, too few to test on.
  options.batch = 9;
  EXPECT_THROW(Training<double>(*backend, data, shape("gru"), {1}, options), Error);
  options.batch = 12;
  EXPECT_THROW(Training<double>(*backend, copy_first_input(3, 44, 20), shape("gru"), {1}, options), Error);
}

TEST_F(Trainers, ValidationIsACount) {
  TaskData data = copy_first_input(3, 23);
  EXPECT_EQ(validation_count(data), 4);
  EXPECT_EQ(validation_count(data, 0.5), 11);
  data.validation = 7;
  EXPECT_EQ(validation_count(data), 7);
  EXPECT_EQ(validation_count(data, 0.0), 0);
  TrainerOptions options;
  options.learning_rates = {0.05};
  EXPECT_EQ(Training<float>(*backend, data, shape("gru"), {1}, options).trainer.validation().count, 7);
  for (const int none_left : {-1, 23}) {
    options.validation = none_left;
    EXPECT_THAT(message_of(ErrorKind::usage, [&] { Training<float>(*backend, data, shape("gru"), {1}, options); }),
                testing::AllOf(testing::HasSubstr("0 to 22 of 23"), testing::HasSubstr(std::to_string(none_left))));
  }
}

TEST_F(Trainers, WithoutValidationTheLastWeightsAreTheBest) {
  const TaskData data = copy_first_input(3, 20);
  Training<float> training(
      *backend, data, shape("gru"), {1},
      {.updates = 7, .batch = 6, .learning_rates = {0.05}, .adam = {}, .validation = 0, .measure = {}});
  training.run();
  const std::vector<float> last = training.parameters();
  training.trainer.take_best();
  EXPECT_EQ(training.parameters(), last);
  EXPECT_EQ(training.trainer.best_update()[0], 7);
  EXPECT_EQ(training.trainer.best_loss()[0], std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isfinite(training.trainer.train_loss()[0]));
}

TEST_F(Trainers, NoUpdatesLeaveTheNetworkAsItWas) {
  const TaskData data = copy_first_input(3, 20);
  Training<float> training(*backend, data, shape("gru"), {1},
                           {.updates = 0, .learning_rates = {0.05}, .adam = {}, .measure = {}});
  const std::vector<float> before = training.parameters();
  int checkpoints = 0;
  EXPECT_EQ(training.trainer.run([] { return false; }, [&] { ++checkpoints; }), Trainer<float>::End::finished);
  EXPECT_EQ(checkpoints, 1);
  EXPECT_EQ(training.parameters(), before);
  EXPECT_TRUE(std::isfinite(training.trainer.best_loss()[0]));
}

// Every update from its definition: each replica's own shuffle, a smaller last batch, the clipped gradient with weight
// decay, Adam with the replica's learning rate; and the mean of the losses.
TEST_F(Trainers, UpdatesAreThoseOfTheirDefinition) {
  const TaskData data = copy_first_input(5, 18);  // 14 to train: 3 updates an epoch, of 5, 5 and 4
  const std::vector<std::uint64_t> seeds{4, 9};
  const std::vector<double> rates{0.01, 0.2};
  const AdamOptions adam{.weight_decay = 0.05, .clip = 0.7};
  Training<double> training(
      *backend, data, shape("lstm", 4), seeds,
      {.updates = 8, .batch = 5, .learning_rates = rates, .adam = adam, .validation = 4, .measure = {}});
  ASSERT_EQ(updates_in_epoch(14, 5), 3);
  Model<double> model(*backend, shape("lstm", 4), 1);
  const auto size = static_cast<std::size_t>(model.parameters().size());
  std::vector<std::vector<double>> right;
  bool clipped = false, unclipped = false;
  std::vector<double> loss_sum(2);
  for (std::size_t r = 0; r < 2; ++r) {
    std::vector<double> values = training.parameters(static_cast<std::ptrdiff_t>(r)), first(size), second(size);
    Batches<double> batches(*backend, data.train, 1, 5);
    for (int update = 0; update < 8; ++update) {
      const std::vector<int> order = shuffled(*backend, seeds[r], static_cast<std::uint64_t>(update / 3), 14);
      const int from = update % 3 * 5;
      const Batch<double> batch =
          batches.gather(std::vector<int>(order.begin() + from, order.begin() + std::min(14, from + 5)));
      Unrolled<double> unrolled(model, batch.extent, 1, Keep::trajectory);
      model.parameters().block().from_host(values);
      model.parameters().gradient_block().clear();
      unrolled.forward(batch.inputs, batch.extent, nullptr);
      unrolled.clear_gradients();
      const std::vector<double> outputs = gathered(unrolled.outputs()), targets = gathered(batch.targets);
      double loss = 0;
      for (std::size_t i = 0; i < outputs.size(); ++i) {
        loss += (outputs[i] - targets[i]) * (outputs[i] - targets[i]) / double(outputs.size());
        unrolled.output_gradient().first[i] = 2 * (outputs[i] - targets[i]) / double(outputs.size());
      }
      unrolled.backward(Unrolled<double>::Readout::used);
      if (update == 6) loss_sum[r] = 0;
      loss_sum[r] += loss;
      std::vector<double> gradient = model.parameters().gradient_block().to_host();
      double norm = 0;
      for (const double value : gradient) norm += value * value;
      norm = std::sqrt(norm);
      (norm > 0.7 ? clipped : unclipped) = true;
      for (std::size_t i = 0; i < size; ++i) {
        const double g = gradient[i] * std::min(1.0, 0.7 / (norm + 1e-6)) + 0.05 * values[i];
        first[i] = 0.9 * first[i] + 0.1 * g;
        second[i] = 0.999 * second[i] + 0.001 * g * g;
        const double corrected = std::sqrt(second[i] / (1 - std::pow(0.999, update + 1)));
        values[i] -= rates[r] * first[i] / (1 - std::pow(0.9, update + 1)) / (corrected + 1e-8);
      }
    }
    right.push_back(values);
  }
  ASSERT_TRUE(clipped && unclipped);
  training.run();
  for (std::size_t r = 0; r < 2; ++r) {
    const std::vector<double> found = training.parameters(static_cast<std::ptrdiff_t>(r));
    for (std::size_t i = 0; i < size; ++i)
      EXPECT_NEAR(found[i], right[r][i], 1e-10) << "replica " << r << " value " << i;
    EXPECT_NEAR(training.trainer.train_loss()[r], loss_sum[r] / 2, 1e-10);  // of updates 7 and 8, since epoch 2 ended
  }
}

void expect_same(const TrainerState<float>& a, const TrainerState<float>& b) {
  EXPECT_EQ(a.update, b.update);
  EXPECT_EQ(a.summed, b.summed);
  EXPECT_TRUE(same_bits(a.loss_sum, b.loss_sum));
  EXPECT_TRUE(same_bits(a.train_loss, b.train_loss));
  EXPECT_TRUE(same_bits(a.best_loss, b.best_loss));
  EXPECT_EQ(a.best_update, b.best_update);
  ASSERT_EQ(a.failures.size(), b.failures.size());
  for (std::size_t r = 0; r < a.failures.size(); ++r) {
    ASSERT_EQ(a.failures[r].has_value(), b.failures[r].has_value());
    if (!a.failures[r]) continue;
    EXPECT_EQ(a.failures[r]->update, b.failures[r]->update);
    EXPECT_EQ(a.failures[r]->where, b.failures[r]->where);
  }
  EXPECT_TRUE(same_bits(a.values, b.values));
  EXPECT_TRUE(same_bits(a.best, b.best));
  EXPECT_TRUE(same_bits(a.first_moment, b.first_moment));
  EXPECT_TRUE(same_bits(a.second_moment, b.second_moment));
}

// Stopped after any update, in the middle of an epoch or at its end, a run continues to the same bits; also after one
// of its replicas has failed.
TEST_F(Trainers, AStoppedRunGoesOnToTheSameBits) {
  const TaskData data = copy_first_input(4, 26);
  const std::vector<std::uint64_t> seeds{1, 2, 3};
  TrainerOptions options{.updates = 14,
                         .batch = 5,
                         .learning_rates = {0.02, 1e38, 0.1},
                         .adam = {.weight_decay = 0.01, .clip = 1},
                         .validate_every = 4,
                         .measure = {}};
  const auto make = [&] { return std::make_unique<Training<float>>(*backend, data, shape("lmn"), seeds, options); };
  const auto whole = make();
  whole->run();
  const TrainerState<float> right = whole->trainer.state();
  ASSERT_TRUE(right.failures[1] && !right.failures[0]);
  for (std::int64_t stop = 1; stop < options.updates; ++stop) {
    SCOPED_TRACE("stopped after update " + std::to_string(stop));
    const auto before = make();
    TrainerState<float> kept;
    EXPECT_EQ(
        before->trainer.run([&] { return before->trainer.update() == stop; }, [&] { kept = before->trainer.state(); }),
        Trainer<float>::End::stopped);
    ASSERT_EQ(kept.update, stop);
    const auto after = make();
    after->model.parameters().block().clear();
    after->trainer.restore(kept);
    expect_same(after->trainer.state(), kept);
    EXPECT_EQ(after->run(), Trainer<float>::End::finished);
    expect_same(after->trainer.state(), right);
    after->trainer.take_best();
    EXPECT_TRUE(same_bits(after->parameters(), right.best));
  }
}

TEST_F(Trainers, CheckpointsComeAfterValidationsOrAsAsked) {
  const TaskData data = copy_first_input(3, 25);  // 20 to train: 4 updates an epoch
  const auto checkpoints = [&](std::int64_t every) {
    Training<float> training(
        *backend, data, shape("gru", 3), {1},
        {.updates = 10, .batch = 5, .learning_rates = {0.01}, .adam = {}, .checkpoint_every = every, .measure = {}});
    std::vector<std::int64_t> at;
    training.trainer.run([] { return false; }, [&] { at.push_back(training.trainer.update()); });
    EXPECT_EQ(training.events->progress, 10);
    EXPECT_EQ(training.events->named("validated").size(), 4u);  // 0, 4, 8 and the last
    return at;
  };
  EXPECT_EQ(checkpoints(0), (std::vector<std::int64_t>{4, 8, 10}));
  EXPECT_EQ(checkpoints(3), (std::vector<std::int64_t>{3, 6, 9, 10}));
}

TEST_F(Trainers, VaaIsMeasuredOnTheWay) {
  const TaskData data = copy_first_input(3, 25);
  Training<float> training(*backend, data, shape("gru", 3), {1, 2},
                           {.updates = 5,
                            .batch = 5,
                            .learning_rates = {0.01, 0.01},
                            .adam = {},
                            .vaa_every = 2,
                            .measure = {.steps = 10, .draws = 1, .sequences = 5}});
  training.run();
  std::vector<std::int64_t> at;
  for (const Event& event : training.events->named("measured")) {
    at.push_back(Events::value<std::int64_t>(event, "update"));
    EXPECT_EQ(Events::value<std::vector<double>>(event, "vaa").size(), 2u);
  }
  EXPECT_EQ(at, (std::vector<std::int64_t>{0, 2, 4}));
}

// With an absurd learning rate one replica's numbers stop being finite. The others continue as if it did not exist.
TEST_F(Trainers, AFailingReplicaStopsAlone) {
  const TaskData data = copy_first_input(6, 40);
  for (const CellInfo& cell : every_cell()) {
    SCOPED_TRACE(cell.name);
    const ModelShape of = shape(cell.name.data());
    const auto options = [](std::vector<double> rates) {
      return TrainerOptions{.updates = 12, .batch = 8, .learning_rates = std::move(rates), .adam = {}, .measure = {}};
    };
    Training<float> three(*backend, data, of, {1, 2, 3}, options({0.01, 3e38, 0.02}));
    EXPECT_EQ(three.run(), Trainer<float>::End::finished);
    ASSERT_TRUE(three.trainer.failures()[1].has_value());
    EXPECT_FALSE(three.trainer.failures()[0].has_value());
    EXPECT_FALSE(three.trainer.failures()[2].has_value());
    EXPECT_EQ(three.trainer.update(), 12);
    const Failure failure = *three.trainer.failures()[1];
    EXPECT_EQ(failure.update, 2);  // the first one made its weights absurd
    Training<float> first(*backend, data, of, {1}, options({0.01})), third(*backend, data, of, {3}, options({0.02}));
    first.run();
    third.run();
    EXPECT_TRUE(same_bits(three.parameters(0), first.parameters()));
    EXPECT_TRUE(same_bits(three.parameters(2), third.parameters()));
    EXPECT_EQ(three.trainer.best_loss()[0], first.trainer.best_loss()[0]);
    EXPECT_EQ(three.trainer.train_loss()[2], third.trainer.train_loss()[0]);

    // It keeps the weights that failed, and its best weights are those from before.
    Training<float> until(*backend, data, of, {2},
                          {.updates = 1, .batch = 8, .learning_rates = {3e38}, .adam = {}, .measure = {}});
    until.run();
    EXPECT_TRUE(same_bits(three.parameters(1), until.parameters()));
    three.trainer.take_best();
    for (const float value : three.parameters(1)) EXPECT_LT(std::abs(value), 10);

    const std::vector<Event> failed = three.events->named("failed");
    ASSERT_EQ(failed.size(), 1u);
    EXPECT_EQ(Events::value<std::int64_t>(failed[0], "replica"), 1);
    EXPECT_EQ(Events::value<std::int64_t>(failed[0], "update"), 2);
    EXPECT_EQ(Events::value<std::string>(failed[0], "where"), failure.where);

    // Where: the first layer and step whose states are not finite, for the same weights and batch.
    Batches<float> batches(*backend, data.train, 1, 8);
    const std::vector<int> order = shuffled(*backend, 2, 0, 32);
    const Batch<float> batch = batches.gather(std::vector<int>(order.begin() + 8, order.begin() + 16));
    Unrolled<float> unrolled(until.model, batch.extent, 1, Keep::states);
    unrolled.forward(batch.inputs, batch.extent, nullptr);
    const auto finite = [](const std::vector<float>& values) {
      return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
    };
    std::string where;
    for (int layer = 0; layer < 2; ++layer)
      for (int step = 0; step < 6; ++step)
        if (where.empty() && !finite(gathered(unrolled.at(layer, 0).states().rows_from(step * 8, 8))))
          where = "the states of layer " + std::to_string(layer) + " at step " + std::to_string(step);
    if (where.empty() && !finite(gathered(unrolled.outputs()))) where = "the read-out's outputs";
    if (where.empty()) where = "the gradient of ";
    EXPECT_THAT(failure.where, HasSubstr(where));
  }
}

// A memory that grows by 1e15 per step: 1, 1e15, 1e30, and then no number any more. The network itself is never right,
// so the weights with which it started remain its best.
TEST_F(Trainers, AFailureNamesLayerAndStep) {
  const TaskData data = copy_first_input(6, 40);
  for (const int growing : {0, 1}) {
    Training<float> training(*backend, data, shape("lmn", 2), {1, 2},
                             {.updates = 5, .batch = 8, .learning_rates = {0.01, 0.01}, .adam = {}, .measure = {}});
    Parameters<float>& parameters = training.model.parameters();
    const std::string layer = std::to_string(growing);
    const View<float> weight = parameters.values(parameters.slice("rnn.weight_hh_l" + layer));
    for (int row = 0; row < 6; ++row)
      for (int column = 0; column < 2; ++column) weight.at(1, row)[column] = row == column + 2 ? 1e15f : 0;
    std::fill_n(parameters.values(parameters.slice("rnn.bias_ih_l" + layer)).at(1, 0), 4, 1.0f);
    training.trainer.start();
    const std::vector<float> start = training.parameters(1);
    training.run();
    ASSERT_TRUE(training.trainer.failures()[1].has_value());
    EXPECT_EQ(training.trainer.failures()[1]->where, "the states of layer " + layer + " at step 3");
    EXPECT_EQ(training.trainer.failures()[1]->update, 1);
    EXPECT_FALSE(training.trainer.failures()[0].has_value());
    training.trainer.take_best();
    EXPECT_EQ(training.parameters(1), start);
  }
}

TEST_F(Trainers, WhenEveryReplicaHasFailedTheRunEnds) {
  const TaskData data = copy_first_input(6, 40);
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) seeds.push_back(seed);
  Training<float> training(
      *backend, data, shape("lmn", 4), seeds,
      {.updates = 1000, .batch = 8, .learning_rates = std::vector<double>(20, 3e38), .adam = {}, .measure = {}});
  EXPECT_EQ(training.run(), Trainer<float>::End::finished);
  EXPECT_EQ(training.trainer.update(), 2);
  EXPECT_EQ(training.events->named("failed").size(), 20u);
}

TEST(Median, LeavesOutWhatIsNoNumber) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_EQ(median({nan, 5, nan, 1, 3}), 3);
  EXPECT_TRUE(std::isnan(median({nan, nan})));
  EXPECT_TRUE(std::isnan(median({})));
}

}  // namespace
}  // namespace hysteron
