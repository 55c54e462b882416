// Labels are checked before they leave the host.
#include <gtest/gtest.h>

#include <hysteron/trainer.hpp>

#include "tests/network.hpp"

namespace hysteron {
namespace {

TEST(Labels, OutOfRangeAreADataErrorOfTrainingAndOfEvaluation) {
  const std::unique_ptr<Backend> backend = make_backend("cpu", 1);
  Model<float> model(
      *backend,
      {.cell = &cell_named("gru"), .units = 4, .layers = 1, .structure = Structure::stack, .inputs = 2, .outputs = 3},
      1);
  TaskData data;
  data.train = data.test = normal_sequences(6, 5, 2, 3);
  data.loss = LossKind::cross_entropy, data.outputs = 3;
  TrainerOptions options;
  options.updates = 1, options.batch = 2, options.learning_rates = {1e-3};
  const std::vector<std::uint64_t> seeds{1};
  Journal journal;
  for (const int wrong : {3, -1}) {
    data.train.labels = {0, 1, 2, 2, wrong, 0};
    const auto refused = [&](const auto& work) {
      try {
        work();
        ADD_FAILURE() << wrong << " was taken";
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::data);
        EXPECT_EQ(error.text().found, std::to_string(wrong));
        EXPECT_NE(error.text().what.find("sequence 4"), std::string::npos) << error.what();
      }
    };
    refused([&] { Trainer<float>(model, data, seeds, options, journal); });
    refused([&] { evaluate(model, data.train, LossKind::cross_entropy, 1); });
  }
  data.train.labels = {0, 1, 2, 2, 1, 0};
  EXPECT_NO_THROW(evaluate(model, data.train, LossKind::cross_entropy, 1));
}

}  // namespace
}  // namespace hysteron
