// What a GPU computes, each kernel and schedule by itself, through the operations that everything else uses. Without a
// GPU every benchmark is skipped with the reason. bench/gpu_check.py runs them and makes the tables; ncu and nsys can
// run them too (README, Profiling). Times are wall-clock times, from the request until the device has finished.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

#include <benchmark/benchmark.h>

#include <hysteron/decompositions.hpp>
#include <hysteron/random.hpp>
#include <hysteron/warm_up.hpp>

namespace hysteron {
namespace {

/// Null if there is none; `reason` says why.
Backend* gpu(std::string& reason) {
  static Backend* made = nullptr;  // never destroyed: the driver may be gone before static objects are
  static const std::string against = [] {
    for (const BackendKind& kind : backend_kinds()) {
      if (kind.name != "cuda") continue;
      std::string said = kind.reason_against();
      if (said.empty()) made = make_backend("cuda").release();
      return said;
    }
    return std::string("this build has no CUDA backend");
  }();
  reason = against;
  return made;
}

/// Runs work(backend) unless there is no GPU, or not enough memory, or the schedule cannot take the run.
template <class Work>
void on_gpu(benchmark::State& state, const char* schedule, const Work& work) {
  std::string reason;
  Backend* const backend = gpu(reason);
  if (!backend) return state.SkipWithError(reason.c_str());
  try {
    backend->use_schedule(schedule);
    work(*backend);
  } catch (const Error& error) {
    state.SkipWithError((error.text().what + ": " + error.text().found).c_str());
  }
}

Tensor<float> drawn(Backend& backend, std::ptrdiff_t count, double scale) {
  Tensor<float> tensor(backend, {count});
  std::uint32_t seed = 1;
  std::vector<float> values(tensor.size());
  for (float& value : values) {
    seed = seed * 1664525U + 1013904223U;
    value = static_cast<float>(scale * (static_cast<double>(seed) / 0x1p31 - 1));
  }
  tensor.from_host(values);
  return tensor;
}

/// Reads a value that the device has just written, and thereby waits for it.
template <class T>
void wait(Backend& backend, const T* written) {
  T value;
  backend.copy_out(&value, written, sizeof value);
  benchmark::DoNotOptimize(value);
}

struct LayerCase {
  const CellInfo* cell;
  int units, replicas;
  Extent extent;
  Keep keep = Keep::trajectory;
  InputMode input = InputMode::sequence;
};

enum class Part { forward, backward };

void layer(benchmark::State& state, Backend& backend, const LayerCase& of, Part part) {
  const CellInfo& cell = *of.cell;
  const std::ptrdiff_t units = of.units, gates = cell.input * units, matrices = std::ptrdiff_t(cell.matrices()) * units,
                       rows = of.input == InputMode::constant ? 1 : std::ptrdiff_t(of.extent.steps) * of.extent.batch;
  const int replicas = of.replicas;
  const double scale = 1 / std::sqrt(double(units));
  Recurrence<float> recurrence(
      backend, cell, {.replicas = replicas, .units = of.units, .inputs = 1, .largest = of.extent}, of.keep, of.input);
  auto weight_ih = drawn(backend, replicas * gates, scale),
       weight_hh = drawn(backend, replicas * matrices * units, scale), bias = drawn(backend, replicas * gates, scale),
       unit = drawn(backend, replicas * cell.unit * units, scale), source = drawn(backend, replicas * rows, 1);
  Tensor<float> d_ih(backend, {replicas * gates}), d_hh(backend, {replicas * matrices * units}),
      d_bias(backend, {replicas * gates}), d_unit(backend, {replicas * cell.unit * units});
  const auto weights_of = [&](auto& ih, auto& hh, auto& b, auto& u) {
    return CellWeights<float>{ih.view(replicas, gates, 1), hh.view(replicas, matrices, units),
                              b.view(replicas, 1, gates), u.view(replicas, 1, cell.unit * units)};
  };
  const CellWeights<const float> weights = weights_of(weight_ih, weight_hh, bias, unit);
  const CellWeights<float> gradients = weights_of(d_ih, d_hh, d_bias, d_unit);
  const std::vector<View<const float>> sources{source.view(replicas, rows, 1)};
  const auto forward = [&] {
    recurrence.forward(weights, sources, of.extent, nullptr, {});
    wait(backend, recurrence.last_state().first);
  };
  const auto backward = [&] {
    recurrence.clear_gradients();
    recurrence.backward(weights, sources, gradients, {});
    wait(backend, recurrence.last_state_gradient().first);
  };
  for (int warm = 0; warm < 3; ++warm) {  // loads libraries, makes graphs
    forward();
    if (part == Part::backward) backward();
  }
  for (auto _ : state) part == Part::forward ? forward() : backward();
  state.counters["us_per_step"] = benchmark::Counter(
      of.extent.steps * 1e-6, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void product(benchmark::State& state, Backend& backend, std::array<std::ptrdiff_t, 3> size, int replicas, Transposed ta,
             Transposed tb) {
  const auto [rows, columns, depth] = size;
  auto a = drawn(backend, replicas * rows * depth, 1), b = drawn(backend, replicas * columns * depth, 1);
  Tensor<float> c(backend, {replicas * rows * columns});
  const bool turned_a = ta == Transposed::yes, turned_b = tb == Transposed::yes;
  const View<float> of_a = a.view(replicas, turned_a ? depth : rows, turned_a ? rows : depth),
                    of_b = b.view(replicas, turned_b ? columns : depth, turned_b ? depth : columns);
  const auto once = [&] {
    operations_of<float>(backend).product(of_a, ta, of_b, tb, c.view(replicas, rows, columns), Result::replaced);
    wait(backend, c.data());
  };
  once();
  for (auto _ : state) once();
  state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * replicas * double(rows) * double(columns) * double(depth),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

void adam(benchmark::State& state, Backend& backend, int replicas, std::ptrdiff_t size) {
  auto values = drawn(backend, replicas * size, 1), gradient = drawn(backend, replicas * size, 1),
       first = drawn(backend, replicas * size, 0), second = drawn(backend, replicas * size, 0);
  Tensor<double> rates(backend, {replicas}), norms(backend, {replicas});
  rates.from_host(std::vector<double>(rates.size(), 1e-3));
  Tensor<int> steps(backend, {replicas});
  steps.from_host(std::vector<int>(steps.size(), 1));
  for (auto _ : state) {
    operations_of<float>(backend).adam({.values = values.view(replicas, 1, size),
                                        .gradient = gradient.view(replicas, 1, size),
                                        .first_moment = first.view(replicas, 1, size),
                                        .second_moment = second.view(replicas, 1, size),
                                        .learning_rate = rates.data(),
                                        .step = steps.data(),
                                        .clip = 1,
                                        .norm = norms.data()});
    wait(backend, norms.data());
  }
  state.counters["GB/s"] =
      benchmark::Counter(32e-9 * double(replicas) * double(size), benchmark::Counter::kIsIterationInvariantRate);
}

void cross_entropy(benchmark::State& state, Backend& backend, int steps, int batch, int outputs) {
  const std::ptrdiff_t rows = std::ptrdiff_t(steps) * batch;
  auto found = drawn(backend, rows * outputs, 1), gradient = drawn(backend, rows * outputs, 1);
  Tensor<int> labels(backend, {batch});
  Tensor<double> loss(backend, {1});
  for (auto _ : state) {
    operations_of<float>(backend).loss({.kind = LossKind::cross_entropy,
                                        .steps = steps,
                                        .batch = batch,
                                        .outputs = found.view(1, rows, outputs),
                                        .targets = {},
                                        .labels = labels.data(),
                                        .gradient = gradient.view(1, rows, outputs),
                                        .loss = loss.data()});
    wait(backend, loss.data());
  }
}

void variability(benchmark::State& state, Backend& backend, int replicas, int sequences, int width) {
  const std::ptrdiff_t all = std::ptrdiff_t(replicas) * sequences * width;
  auto states = drawn(backend, all, 1), gradient = drawn(backend, all, 1);
  Tensor<double> value(backend, {replicas});
  for (auto _ : state) {
    operations_of<float>(backend).variability({.states = states.view(replicas, sequences, width),
                                               .value = value.data(),
                                               .gradient = gradient.view(replicas, sequences, width)});
    wait(backend, value.data());
  }
}

void attractors(benchmark::State& state, Backend& backend, int replicas, int sequences, int width) {
  auto states = drawn(backend, std::ptrdiff_t(replicas) * sequences * width, 1);
  Tensor<double> vaa(backend, {replicas});
  for (auto _ : state) {
    operations_of<float>(backend).attractors(states.view(replicas, sequences, width), 1e-4, vaa.data());
    wait(backend, vaa.data());
  }
}

void gather(benchmark::State& state, Backend& backend, int features) {
  constexpr int count = 10'000, steps = 784, batch = 32;
  auto sequences = drawn(backend, std::ptrdiff_t(count) * steps * features, 1);
  Tensor<float> gathered(backend, {std::ptrdiff_t(steps) * batch * features});
  Tensor<std::uint64_t> seeds(backend, {1});
  Tensor<int> order(backend, {count});
  Operations<float>& operations = operations_of<float>(backend);
  operations.shuffle({.seeds = seeds.data(), .replicas = 1, .count = count, .orders = order.data()});
  for (auto _ : state) {
    operations.gather(GatherRun<float>{.sequences = sequences.data(),
                                       .stored_steps = steps,
                                       .features = features,
                                       .indices = order.data(),
                                       .batch = batch,
                                       .steps = steps,
                                       .gathered = gathered.view(1, std::ptrdiff_t(steps) * batch, features)});
    wait(backend, gathered.data());
  }
  state.counters["GB/s"] =
      benchmark::Counter(8e-9 * double(gathered.size()), benchmark::Counter::kIsIterationInvariantRate);
}

void shuffle(benchmark::State& state, Backend& backend, int replicas, int count) {
  Tensor<std::uint64_t> seeds(backend, {replicas});
  Tensor<int> orders(backend, {replicas, count});
  std::uint64_t epoch = 0;
  for (auto _ : state) {
    operations_of<float>(backend).shuffle(
        {.seeds = seeds.data(), .replicas = replicas, .count = count, .epoch = epoch++, .orders = orders.data()});
    wait(backend, orders.data());
  }
}

/// The leading eigenvectors of a covariance, in double precision: the last part of the solver `gram` of a linear
/// autoencoder.
void eigenvectors(benchmark::State& state, Backend& backend, std::ptrdiff_t size, std::ptrdiff_t count) {
  Operations<double>& operations = operations_of<double>(backend);
  Tensor<double> values(backend, {2 * size, size}), covariance(backend, {size, size}), matrix(backend, {size, size}),
      vectors(backend, {count, size}), eigenvalues(backend, {count});
  Random random(1, Stream::test_of_library);
  std::vector<double> drawn(values.size());
  for (double& value : drawn) value = random.normal();
  values.from_host(drawn);
  const View<double> rows = values.view(1, 2 * size, size);
  operations.product(rows, Transposed::yes, rows, Transposed::no, covariance.view(1, size, size), Result::replaced);
  for (auto _ : state) {
    matrix.copy_from(covariance);  // it is overwritten
    backend.decompositions().symmetric_eigen(matrix.view(1, size, size), eigenvalues.data(),
                                             vectors.view(1, count, size));
    wait(backend, eigenvalues.data());
  }
}

/// Two layers of 256 units, 32 sequences of 600 steps, 1 to 200 steps under the constant input.
void warm_up_step(benchmark::State& state, Backend& backend, const CellInfo& cell) {
  constexpr int steps = 600, count = 64, ramp_is_over = 20;
  Model<float> model(
      backend, {.cell = &cell, .units = 256, .layers = 2, .structure = Structure::stack, .inputs = 1, .outputs = 0}, 1);
  Random random(1, Stream::test_of_library);
  std::vector<float> values(model.parameters().block().size());
  for (float& value : values) value = static_cast<float>(random.uniform(-1, 1) / 16);
  model.parameters().block().from_host(values);
  Sequences sequences;
  sequences.count = count, sequences.steps = steps, sequences.features = 1;
  for (int i = 0; i < count * steps; ++i) sequences.inputs.push_back(static_cast<float>(random.normal()));
  const std::vector<std::uint64_t> seeds{1};
  WarmUp<float> warm_up(model, sequences, seeds, {});
  int s = ramp_is_over;
  for (auto _ : state) warm_up.step(s++);
}

template <class Work>
void add(const std::string& name, const char* schedule, Work work) {
  benchmark::RegisterBenchmark(
      name.c_str(),
      [=](benchmark::State& state) { on_gpu(state, schedule, [&](Backend& backend) { work(state, backend); }); })
      ->Unit(benchmark::kMicrosecond)
      ->UseRealTime();
}

void add_layer(const std::string& name, const char* schedule, const LayerCase& of) {
  for (const Part part : {Part::forward, Part::backward}) {
    if (part == Part::backward && of.keep != Keep::trajectory) continue;
    add(name + (part == Part::forward ? "/forward" : "/backward"), schedule,
        [of, part](benchmark::State& state, Backend& backend) { layer(state, backend, of, part); });
  }
}

const int registered = [] {
  for (const CellInfo& cell : every_cell()) {
    const std::string of(cell.name);
    for (const int units : {32, 64, 128, 256, 512, 1024})
      for (const int batch : {1, 16, 32, 128, 512})
        for (const char* const schedule : {"auto", "stepwise"})
          if (!cell.torch.empty() || schedule == std::string("auto"))  // for comparison with cuDNN: every schedule
            add_layer("recurrence/" + of + "/" + schedule + "/units:" + std::to_string(units) +
                          "/batch:" + std::to_string(batch),
                      schedule, {&cell, units, 1, {1000, batch}});
    for (const int units : {64, 256})
      add_layer("constant_input/" + of + "/units:" + std::to_string(units), "auto",
                {&cell, units, 1, {10'000, 128}, Keep::last_state, InputMode::constant});
    for (const int replicas : {1, 16, 132, 528})
      add_layer("population/" + of + "/replicas:" + std::to_string(replicas), "auto", {&cell, 64, replicas, {300, 4}});
    add("warm_up_step/" + of, "auto",
        [&cell](benchmark::State& state, Backend& backend) { warm_up_step(state, backend, cell); });
  }
  const auto add_product = [](const char* name, int replicas, std::array<std::ptrdiff_t, 3> size, Transposed ta,
                              Transposed tb) {
    add(std::string("operations/product/") + name, "auto",
        [=](benchmark::State& state, Backend& backend) { product(state, backend, size, replicas, ta, tb); });
  };
  constexpr Transposed no = Transposed::no, yes = Transposed::yes;
  add_product("square_4096", 1, {4096, 4096, 4096}, no, no);
  add_product("input_half_gru_256", 1, {32'000, 768, 256}, no, yes);
  add_product("weight_gradient_gru_256", 1, {768, 256, 32'000}, yes, no);
  add_product("weight_gradient_of_132_gru_64", 132, {192, 64, 9'600}, yes, no);
  add_product("step_gru_512_batch_32", 1, {32, 1536, 512}, no, yes);
  add("operations/adam/1_of_1000000", "auto",
      [](auto& state, Backend& backend) { adam(state, backend, 1, 1'000'000); });
  add("operations/adam/132_of_38000", "auto", [](auto& state, Backend& backend) { adam(state, backend, 132, 38'000); });
  add("operations/loss/cross_entropy_25088_of_10", "auto",
      [](auto& state, Backend& backend) { cross_entropy(state, backend, 784, 32, 10); });
  add("operations/variability/32_of_256", "auto",
      [](auto& state, Backend& backend) { variability(state, backend, 1, 32, 256); });
  add("operations/variability/4096_of_256", "auto",
      [](auto& state, Backend& backend) { variability(state, backend, 1, 4096, 256); });
  add("operations/attractors/64_of_512", "auto",
      [](auto& state, Backend& backend) { attractors(state, backend, 1, 64, 512); });
  add("operations/attractors/4096_of_256", "auto",
      [](auto& state, Backend& backend) { attractors(state, backend, 1, 4096, 256); });
  add("operations/eigenvectors/128_of_784", "auto",
      [](auto& state, Backend& backend) { eigenvectors(state, backend, 784, 128); });
  add("operations/gather/1_feature", "auto", [](auto& state, Backend& backend) { gather(state, backend, 1); });
  add("operations/gather/28_features", "auto", [](auto& state, Backend& backend) { gather(state, backend, 28); });
  add("operations/shuffle/1_of_60000", "auto",
      [](auto& state, Backend& backend) { shuffle(state, backend, 1, 60'000); });
  add("operations/shuffle/132_of_60000", "auto",
      [](auto& state, Backend& backend) { shuffle(state, backend, 132, 60'000); });
  return 0;
}();

}  // namespace
}  // namespace hysteron

int main(int count, char** arguments) {
  const bool lists = std::any_of(arguments, arguments + count, [](const char* argument) {
    return std::string_view(argument).starts_with("--benchmark_list_tests");
  });
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  if (std::string reason; !lists && !hysteron::gpu(reason)) {
    std::printf("device_bench: skipped: %s\n", reason.c_str());
    return 0;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
