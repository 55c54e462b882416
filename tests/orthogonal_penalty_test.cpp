#include "training/orthogonal_penalty.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/training.hpp"

namespace hysteron {
namespace {

Model<double> network(Backend& backend, const char* cell) {
  Model<double> model(backend,
                      {.cell = &cell_named(cell),
                       .units = 6,
                       .layers = 2,
                       .structure = Structure::double_layer,
                       .inputs = 2,
                       .outputs = 1},
                      2);
  draw_network(model, 4);
  return model;
}

// Central differences of the value, for every parameter: zero for all other matrices.
TEST(OrthogonalPenalty, GradientIsThatOfTheValue) {
  const auto backend = make_backend("cpu", 1);
  Model<double> model = network(*backend, "lmn");
  OrthogonalPenalty<double> penalty(model, 0.3);
  model.parameters().gradient_block().clear();
  penalty.add_gradient();
  const std::vector<double> gradient = model.parameters().gradient_block().to_host();
  double* const values = model.parameters().block().data();
  const std::size_t size = gradient.size() / 2;
  int moved = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    constexpr double step = 1e-5;
    const double there = values[i];
    values[i] = there + step;
    const std::vector<double> above = penalty.value();
    values[i] = there - step;
    const std::vector<double> below = penalty.value();
    values[i] = there;
    EXPECT_NEAR(gradient[i], (above[i / size] - below[i / size]) / (2 * step), 1e-8) << i;
    moved += gradient[i] != 0;
  }
  EXPECT_EQ(moved, 2 * 2 * 2 * 9);  // replicas, layers, halves, W_mm
}

TEST(OrthogonalPenalty, IsZeroWhereTheMemoryTurnsOnly) {
  const auto backend = make_backend("cpu", 1);
  Model<double> model = network(*backend, "lmn");
  for (int layer = 0; layer < 2; ++layer)
    for (int part = 0; part < 2; ++part) {
      const View<double> all = model.weights(layer, part).recurrent;
      for (int replica = 0; replica < 2; ++replica)
        for (int i = 0; i < 3; ++i)
          for (int j = 0; j < 3; ++j) all.at(replica, 3 + i)[j] = (i + 1) % 3 == j ? -1 : 0;
    }
  OrthogonalPenalty<double> penalty(model, 2);
  EXPECT_EQ(penalty.value(), (std::vector<double>{0, 0}));
}

TEST(OrthogonalPenalty, TurnsTrainingTowardsOrthogonalMemories) {
  const auto backend = make_backend("cpu", 1);
  const TaskData data = copy_first_input(5, 64);
  const ModelShape shape{
      .cell = &cell_named("lmn"), .units = 8, .layers = 1, .structure = Structure::stack, .inputs = 1, .outputs = 1};
  double left[2];
  for (const int penalized : {0, 1}) {
    TrainerOptions options;
    options.updates = 150;
    options.batch = 16;
    options.learning_rates = {1e-2};
    options.orthogonal_penalty = penalized;
    Training<double> training(*backend, data, shape, {1}, options);
    training.run();
    left[penalized] = OrthogonalPenalty<double>(training.model, 1).value()[0];
  }
  EXPECT_LT(left[1], left[0] / 4);
}

TEST(OrthogonalPenalty, IsRefusedWithoutAMemoryMatrix) {
  const auto backend = make_backend("cpu", 1);
  Model<double> model = network(*backend, "gru");
  try {
    const OrthogonalPenalty<double> penalty(model, 1);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(error.text().expected.find("lmn"), std::string::npos) << error.text().expected;
    EXPECT_EQ(error.text().found, "--cell gru");
  }
}

}  // namespace
}  // namespace hysteron
