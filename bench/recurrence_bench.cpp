// One layer over 300 steps of 32 sequences: forward, and forward with backward and all weight gradients, for every
// cell.
#include <algorithm>
#include <chrono>
#include <cmath>

#include <benchmark/benchmark.h>

#include <hysteron/recurrence.hpp>

namespace hysteron {

namespace {

constexpr Extent extent{.steps = 300, .batch = 32};

/// What this machine's threads reach in a product of 1024 x 1024 matrices: the best of several rounds, in operations
/// per second.
double peak() {
  static const double best = [] {
    const auto backend = make_backend("cpu");
    constexpr std::ptrdiff_t n = 1024;
    Tensor<float> a(*backend, {n, n}), b(*backend, {n, n}), c(*backend, {n, n});
    const std::vector<float> ones(a.size(), 1.0f);  // rows of zeros would be skipped
    a.from_host(ones), b.from_host(ones);
    double seconds = 1;
    for (int round = 0; round < 20; ++round) {
      const auto start = std::chrono::steady_clock::now();
      operations_of<float>(*backend).product(a.view(1, n, n), Transposed::no, b.view(1, n, n), Transposed::no,
                                             c.view(1, n, n), Result::replaced);
      seconds = std::min(seconds, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return 2.0 * n * n * n / seconds;
  }();
  return best;
}

enum class Direction { forward, both };

/// The gradient of every value of the last state. With these weights gradients vanish over time: from 1 they pass
/// through denormal numbers to zero, from 1e20 they stay normal. The work is the same, and so should its time be.
constexpr float vanishing = 1, living = 1e20f;

void layer(benchmark::State& state, const CellInfo& cell, int units, int replicas, Direction direction,
           float last_gradient = vanishing) {
  const auto backend = make_backend("cpu");
  Recurrence<float> recurrence(*backend, cell, {.replicas = replicas, .units = units, .inputs = 1, .largest = extent},
                               Keep::trajectory, InputMode::sequence);
  std::uint32_t seed = 1;
  const auto matrix = [&](std::ptrdiff_t rows, std::ptrdiff_t columns) {
    Tensor<float> tensor(*backend, {replicas, rows, columns});
    for (std::size_t i = 0; i < tensor.size(); ++i) {
      seed = seed * 1664525u + 1013904223u;
      tensor.data()[i] = (float(seed >> 8) / float(1 << 23) - 1) / std::sqrt(float(units));
    }
    return tensor;
  };
  const std::ptrdiff_t matrices = cell.matrices(), gates = std::ptrdiff_t(cell.input) * units,
                       rows = std::ptrdiff_t(extent.steps) * extent.batch;
  auto input = matrix(rows, 1), weight_ih = matrix(gates, 1), weight_hh = matrix(matrices * units, units);
  auto bias = matrix(1, gates), unit = matrix(1, std::ptrdiff_t(cell.unit) * units);
  auto gradient_ih = matrix(gates, 1), gradient_hh = matrix(matrices * units, units), gradient_bias = matrix(1, gates);
  auto gradient_unit = matrix(1, std::ptrdiff_t(cell.unit) * units);
  const auto weights = [&](Tensor<float>& ih, Tensor<float>& hh, Tensor<float>& b, Tensor<float>& u) {
    return CellWeights<float>{ih.view(replicas, gates, 1), hh.view(replicas, matrices * units, units),
                              b.view(replicas, 1, gates), u.view(replicas, 1, std::ptrdiff_t(cell.unit) * units)};
  };
  const CellWeights<const float> values = weights(weight_ih, weight_hh, bias, unit);
  const CellWeights<float> gradients = weights(gradient_ih, gradient_hh, gradient_bias, gradient_unit);
  const std::vector<View<const float>> sources{input.view(replicas, rows, 1)};
  Tensor<float> last(*backend, {replicas, 1, units});
  last.from_host(std::vector<float>(last.size(), last_gradient));
  for (auto _ : state) {
    recurrence.forward(values, sources, extent, nullptr, {});
    if (direction == Direction::forward) continue;
    recurrence.clear_gradients();
    backend->operations(0.0f).repeat_row(last.view(replicas, 1, units),
                                         recurrence.last_state_gradient().columns_from(0, units));
    recurrence.backward(values, sources, gradients, {});
  }
  const double products = double(matrices) * units * units + double(gates);
  const double work = 2.0 * products * replicas * double(rows) * (direction == Direction::forward ? 1 : 3);
  using benchmark::Counter;
  state.counters["step"] = Counter(extent.steps, Counter::kIsIterationInvariantRate | Counter::kInvert);
  state.counters["GFLOP/s"] = Counter(work * 1e-9, Counter::kIsIterationInvariantRate);
  state.counters["of_peak"] = Counter(work / peak(), Counter::kIsIterationInvariantRate);
}

const int registered = [] {
  for (const CellInfo& cell : every_cell()) {
    const auto add = [&cell](const std::string& name, int units, int replicas, Direction direction,
                             float last_gradient = vanishing) {
      const std::string what = direction == Direction::forward ? "/forward" : "/forward_and_backward";
      benchmark::RegisterBenchmark((std::string(cell.name) + what + name).c_str(),
                                   [&cell, units, replicas, direction, last_gradient](benchmark::State& state) {
                                     layer(state, cell, units, replicas, direction, last_gradient);
                                   })
          ->Unit(benchmark::kMillisecond)
          ->MeasureProcessCPUTime()
          ->UseRealTime();
    };
    for (const Direction direction : {Direction::forward, Direction::both}) {
      for (const int units : {64, 128, 256}) add("/units:" + std::to_string(units), units, 1, direction);
      add("/units:64/replicas:8", 64, 8, direction);
    }
    add("/units:128/vanishing", 128, 1, Direction::both, vanishing);
    add("/units:128/living", 128, 1, Direction::both, living);
  }
  return 0;
}();

}  // namespace

}  // namespace hysteron

BENCHMARK_MAIN();
