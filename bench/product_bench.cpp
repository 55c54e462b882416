// Products of the shapes that occur in training, in GFLOP/s on all of the machine's threads.
#include <benchmark/benchmark.h>

#include <hysteron/backend.hpp>

namespace hysteron {

namespace {

struct Product {
  std::ptrdiff_t rows, columns, depth;
  Transposed ta, tb;
};

void product(benchmark::State& state, int replicas, const Product& of) {
  const auto backend = make_backend("cpu");
  Operations<float>& operations = operations_of<float>(*backend);
  const auto matrix = [&](std::ptrdiff_t rows, std::ptrdiff_t columns) {
    Tensor<float> tensor(*backend, {replicas, rows, columns});
    for (std::size_t i = 0; i < tensor.size(); ++i) tensor.data()[i] = float(i % 1000) / 1000 + 0.001f;
    return tensor;
  };
  const bool ta = of.ta == Transposed::yes, tb = of.tb == Transposed::yes;
  const std::ptrdiff_t a_rows = ta ? of.depth : of.rows, a_columns = ta ? of.rows : of.depth;
  const std::ptrdiff_t b_rows = tb ? of.columns : of.depth, b_columns = tb ? of.depth : of.columns;
  auto a = matrix(a_rows, a_columns), b = matrix(b_rows, b_columns), c = matrix(of.rows, of.columns);
  for (auto _ : state)
    operations.product(a.view(replicas, a_rows, a_columns), of.ta, b.view(replicas, b_rows, b_columns), of.tb,
                       c.view(replicas, of.rows, of.columns), Result::replaced);
  const double operations_each = 2.0 * replicas * double(of.rows) * double(of.columns) * double(of.depth);
  state.counters["GFLOP/s"] = benchmark::Counter(operations_each * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

const int registered = [] {
  constexpr std::ptrdiff_t rows = 784 * 32;  // steps times batch
  const auto add = [](const char* name, int replicas, Product of) {
    benchmark::RegisterBenchmark(name, [=](benchmark::State& state) { product(state, replicas, of); })
        ->Unit(benchmark::kMillisecond)
        ->MeasureProcessCPUTime()
        ->UseRealTime();
  };
  add("square_1024", 1, {1024, 1024, 1024, Transposed::no, Transposed::no});
  for (const std::ptrdiff_t units : {64, 128, 256}) {
    const std::string of = "_gru_" + std::to_string(units);
    add(("input_half_of_1" + of).c_str(), 1, {rows, 3 * units, 1, Transposed::no, Transposed::yes});
    add(("input_half_of_a_layer" + of).c_str(), 1, {rows, 3 * units, units, Transposed::no, Transposed::yes});
    add(("weight_gradient" + of).c_str(), 1, {3 * units, units, rows, Transposed::yes, Transposed::no});
    add(("weight_gradient_of_1" + of).c_str(), 1, {3 * units, 1, rows, Transposed::yes, Transposed::no});
    add(("gradient_below" + of).c_str(), 1, {rows, units, 3 * units, Transposed::no, Transposed::no});
    add(("read_out" + of).c_str(), 1, {rows, 10, units, Transposed::no, Transposed::yes});
  }
  add("input_half_of_8_replicas_gru_64", 8, {300 * 32, 192, 64, Transposed::no, Transposed::yes});
  add("weight_gradient_of_8_replicas_gru_64", 8, {192, 64, 300 * 32, Transposed::yes, Transposed::no});
  return 0;
}();

}  // namespace

}  // namespace hysteron

BENCHMARK_MAIN();
