// Whole networks on the GPU: training, warm-up and the measurement of VAA, compared with the CPU in double precision.
#include <gtest/gtest.h>

#include <hysteron/multistability.hpp>
#include <hysteron/trainer.hpp>
#include <hysteron/warm_up.hpp>

#include "tests/device/on_device.hpp"

namespace hysteron {
namespace {

class DeviceNetworks : public OnDevice, public testing::WithParamInterface<std::string> {
 protected:
  static constexpr int steps = 30, count = 50;

  static ModelShape shape(Structure structure) {
    return {
        .cell = &cell_named(GetParam()), .units = 36, .layers = 2, .structure = structure, .inputs = 2, .outputs = 3};
  }
  static Sequences sequences() {
    Sequences made;
    made.count = count, made.steps = steps, made.features = 2;
    for (const double value : drawn(count * steps * 2, 1, 1)) made.inputs.push_back(static_cast<float>(value));
    for (int i = 0; i < count; ++i) made.lengths.push_back(1 + i * 7 % steps);
    made.target_steps = steps, made.outputs = 3;
    for (const double value : drawn(count * steps * 3, 1, 2)) made.targets.push_back(static_cast<float>(value));
    return made;
  }
  template <class Real>
  static void draw(Model<Real>& model) {
    const std::vector<double> values = drawn(std::ptrdiff_t(model.parameters().block().size()), 0.15, 3);
    model.parameters().block().from_host(std::vector<Real>(values.begin(), values.end()));
  }
};

TEST_P(DeviceNetworks, TrainAsOnTheCpu) {
  TaskData data;
  data.train = data.test = sequences();
  data.outputs = 3, data.read_steps = steps;
  const std::vector<std::uint64_t> seeds{4, 5};
  const auto trained = [&](auto real, Backend& backend) {
    using Real = decltype(real);
    Model<Real> model(backend, shape(Structure::double_layer), 2);
    draw(model);
    Journal journal;
    TrainerOptions options;
    options.updates = 12, options.batch = 8;
    options.learning_rates = {1e-3, 3e-3};
    options.adam.clip = 1;
    Trainer<Real> trainer(model, data, seeds, options, journal);
    trainer.start();
    trainer.run([] { return false; }, [] {});
    std::vector<double> losses = trainer.best_loss();
    losses.insert(losses.end(), trainer.train_loss().begin(), trainer.train_loss().end());
    return std::array{host_values(model.parameters().block()), losses};
  };
  const auto expected = trained(0.0, cpu());
  const auto twofold = trained(0.0, gpu()), single = trained(0.0F, gpu());
  expect_near("parameters double", twofold[0], expected[0], 1e-8);
  expect_near("losses double", twofold[1], expected[1], 1e-8);
  expect_near("parameters float", single[0], expected[0], 2e-3);
  expect_near("losses float", single[1], expected[1], 1e-3);
}

TEST_P(DeviceNetworks, AreWarmedUpAsOnTheCpu) {
  const Sequences data = sequences();
  const std::vector<std::uint64_t> seeds{4, 5, 6};
  const auto warmed = [&](auto real, Backend& backend) {
    using Real = decltype(real);
    Model<Real> model(backend, shape(Structure::double_layer), 3);
    draw(model);
    WarmUp<Real> warm_up(model, data, seeds, {.sequences = 12, .longest = 20});
    std::vector<double> losses = warm_up.gradient(3);
    const std::vector<double> gradient = host_values(model.parameters().gradient_block());
    for (int step = 0; step < 3; ++step)
      for (const double loss : warm_up.step(step)) losses.push_back(loss);
    return std::array{gradient, losses};
  };
  const auto expected = warmed(0.0, cpu());
  const auto twofold = warmed(0.0, gpu()), single = warmed(0.0F, gpu());
  expect_near("gradient double", twofold[0], expected[0], 1e-8);
  expect_near("losses double", twofold[1], expected[1], 1e-8);
  expect_near("gradient float", single[0], expected[0], 1e-3);
  expect_near("losses float", single[1], expected[1], 1e-3);
}

TEST_P(DeviceNetworks, VaaIsMeasuredAsOnTheCpu) {
  const Sequences data = sequences();
  const std::vector<std::uint64_t> seeds{4, 5};
  const auto measured = [&](auto real, Backend& backend) {
    using Real = decltype(real);
    Model<Real> model(backend, shape(Structure::stack), 2);
    draw(model);
    return measure_multistability(model, data, seeds, {.steps = 600, .draws = 3, .sequences = 16});
  };
  const Multistability expected = measured(0.0, cpu()), twofold = measured(0.0, gpu()), single = measured(0.0F, gpu());
  expect_near("VAA double", twofold.vaa, expected.vaa, 1e-12);
  expect_near("VAA* double", twofold.vaa_star, expected.vaa_star, 1e-6);
  expect_near("VAA float", single.vaa, expected.vaa, 0.05);  // a state may be just at epsilon
  expect_near("VAA* float", single.vaa_star, expected.vaa_star, 1e-2);
}

// The bits of a replica do not depend on the others, on the GPU as on the CPU.
TEST_P(DeviceNetworks, AReplicaTrainsAsIfItWereAlone) {
  TaskData data;
  data.train = data.test = sequences();
  data.outputs = 3, data.read_steps = 1;
  data.train.target_steps = data.test.target_steps = 1;
  data.train.targets.resize(count * 3);
  data.test.targets.resize(count * 3);
  const auto trained = [&](const std::vector<std::uint64_t>& seeds, const std::vector<double>& from) {
    Model<float> model(gpu(), shape(Structure::stack), static_cast<int>(seeds.size()));
    model.parameters().block().from_host(std::vector<float>(from.begin(), from.end()));
    Journal journal;
    TrainerOptions options;
    options.updates = 7, options.batch = 8;
    options.learning_rates.assign(seeds.size(), 1e-2);
    options.validation = 0;
    Trainer<float> trainer(model, data, seeds, options, journal);
    trainer.start();
    trainer.run([] { return false; }, [] {});
    return host_values(model.parameters().block());
  };
  const std::ptrdiff_t size = Model<float>(cpu(), shape(Structure::stack), 1).parameters().size();
  const std::vector<double> from = drawn(3 * size, 0.15, 9);
  const std::vector<double> together = trained({4, 5, 6}, from),
                            alone = trained({5}, {from.begin() + size, from.begin() + 2 * size});
  EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + size));
}

std::vector<std::string> every_name() {
  std::vector<std::string> names;
  for (const CellInfo& cell : every_cell()) names.emplace_back(cell.name);
  return names;
}
INSTANTIATE_TEST_SUITE_P(Every, DeviceNetworks, testing::ValuesIn(every_name()),
                         [](const auto& of) { return of.param; });

}  // namespace
}  // namespace hysteron
