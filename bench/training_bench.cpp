// What a user waits for: a training step (forward, backward, Adam) of 784 steps of 32 sequences of one value with a
// read-out of ten classes, and a gradient step of the warm-up of two layers of 256 units on 32 sequences of 300 steps.
// bench/compare_pytorch.py compares the former with PyTorch's.
#include <cmath>

#include <benchmark/benchmark.h>

#include <hysteron/random.hpp>
#include <hysteron/warm_up.hpp>

namespace hysteron {

namespace {

/// Every parameter ~ U(-1/sqrt(units), 1/sqrt(units)), as in torch.nn.
void draw(Model<float>& model) {
  Random random(1, Stream::test_of_library);
  const double bound = 1 / std::sqrt(double(model.shape().units));
  std::vector<float> values(model.parameters().block().size());
  for (float& value : values) value = float(random.uniform(-bound, bound));
  model.parameters().block().from_host(values);
}

Sequences drawn_sequences(int count, int steps, int classes) {
  Sequences sequences{.count = count,
                      .steps = steps,
                      .features = 1,
                      .inputs = {},
                      .black = 0,
                      .lengths = {},
                      .target_steps = 0,
                      .outputs = classes,
                      .targets = {},
                      .labels = {}};
  Random random(2, Stream::test_of_library);
  for (int i = 0; i < count * steps; ++i) sequences.inputs.push_back(float(random.normal()));
  for (int i = 0; i < count; ++i) sequences.labels.push_back(int(random.below(classes)));
  return sequences;
}

void training_step(benchmark::State& state, const char* cell, int units) {
  constexpr int steps = 784, batch = 32, classes = 10;
  const auto backend = make_backend("cpu");
  Operations<float>& operations = operations_of<float>(*backend);
  Model<float> model(*backend,
                     {.cell = &cell_named(cell),
                      .units = units,
                      .layers = 1,
                      .structure = Structure::stack,
                      .inputs = 1,
                      .outputs = classes},
                     1);
  draw(model);
  const Sequences sequences = drawn_sequences(batch, steps, classes);
  Batches<float> batches(*backend, sequences, 1, batch);
  Unrolled<float> network(model, {steps, batch}, 1, Keep::trajectory);
  Adam<float> adam(*backend, model.parameters(), {1e-3}, {});
  std::vector<int> indices(batch);
  for (int i = 0; i < batch; ++i) indices[std::size_t(i)] = i;
  const std::vector<unsigned char> active{1};
  double loss = 0;
  for (auto _ : state) {
    operations.clear(model.parameters().gradients());
    const Batch<float> drawn = batches.gather(indices);
    network.forward(drawn.inputs, drawn.extent, nullptr);
    network.clear_gradients();
    LossRun<float> run;
    run.kind = LossKind::cross_entropy;
    run.steps = 1, run.batch = batch;
    run.outputs = network.outputs(), run.labels = drawn.labels, run.gradient = network.output_gradient();
    run.loss = &loss;
    operations.loss(run);
    network.backward(Unrolled<float>::Readout::used);
    adam.step(active);
  }
  state.counters["loss"] = loss;
}

void warm_up_step(benchmark::State& state, const char* cell) {
  constexpr int units = 256, layers = 2, steps = 300, ramp_is_over = 20;
  const auto backend = make_backend("cpu");
  Model<float> model(*backend,
                     {.cell = &cell_named(cell),
                      .units = units,
                      .layers = layers,
                      .structure = Structure::stack,
                      .inputs = 1,
                      .outputs = 0},
                     1);
  draw(model);
  const Sequences sequences = drawn_sequences(64, steps, 10);
  const std::vector<std::uint64_t> seeds{1};
  WarmUp<float> warm_up(model, sequences, seeds, {});
  int s = ramp_is_over;  // from here on 1 .. 200 steps under the constant input
  for (auto _ : state) warm_up.step(s++);
}

const int registered = [] {
  const auto add = [](const std::string& name, auto run) {
    benchmark::RegisterBenchmark(name.c_str(), run)
        ->Unit(benchmark::kMillisecond)
        ->MeasureProcessCPUTime()
        ->UseRealTime();
  };
  for (const CellInfo& cell : every_cell()) {
    for (const int units : {64, 128, 256})
      if (!cell.torch.empty())  // for comparison by compare_pytorch.py
        add("training_step/" + std::string(cell.name) + "/" + std::to_string(units),
            [&cell, units](benchmark::State& state) { training_step(state, cell.name.data(), units); });
    add("warm_up_step/" + std::string(cell.name),
        [&cell](benchmark::State& state) { warm_up_step(state, cell.name.data()); });
  }
  return 0;
}();

}  // namespace

}  // namespace hysteron

BENCHMARK_MAIN();
