#include "runs/self_test.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include <hysteron/batches.hpp>
#include <hysteron/decompositions.hpp>
#include <hysteron/loss_run.hpp>
#include <hysteron/optimizer.hpp>
#include <hysteron/random.hpp>
#include <hysteron/unrolled.hpp>
#include <hysteron/warm_up.hpp>

namespace hysteron {
namespace {

/// What a computation gives, by parts that have a scale of their own.
using Parts = std::vector<std::vector<double>>;

std::vector<float> drawn(std::size_t count, double scale, std::uint64_t step) {
  Random random(1, Stream::test_of_library, step);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(scale * random.normal());
  return values;
}

Sequences test_sequences() {
  Sequences sequences{.count = 5,
                      .steps = 12,
                      .features = 3,
                      .inputs = drawn(5 * 12 * 3, 1, 0),
                      .lengths = {12, 7, 1, 12, 4},
                      .target_steps = 12,
                      .outputs = 2,
                      .targets = drawn(5 * 12 * 2, 1, 1),
                      .labels = {}};
  return sequences;
}

template <class Real>
std::vector<double> on_host(Backend& backend, View<Real> view) {
  std::vector<Real> values(static_cast<std::size_t>(view.rows * view.columns));
  backend.copy_out(values.data(), view.first, values.size() * sizeof(Real));
  return {values.begin(), values.end()};
}

/// A network whose layers take the schedule: a cluster's weights must be too many for one block.
template <class Real>
Model<Real> network(Backend& backend, const CellInfo& cell, const std::string& schedule) {
  const int units = schedule == "cluster" ? 200 : 33;
  Model<Real> model(backend, {.cell = &cell, .units = units, .layers = 2, .inputs = 3, .outputs = 2}, 1);
  const std::vector<float> parameters =
      drawn(static_cast<std::size_t>(model.parameters().size()), 1 / std::sqrt(double(units)), 2);
  model.parameters().block().from_host(std::vector<Real>(parameters.begin(), parameters.end()));
  return model;
}

template <class Real>
Parts learning(Model<Real>& model, const Sequences& sequences) {
  Backend& backend = model.backend();
  Batches<Real> batches(backend, sequences, 1, sequences.count);
  std::vector<int> all(static_cast<std::size_t>(sequences.count));
  std::iota(all.begin(), all.end(), 0);
  const Batch<Real> batch = batches.gather(all);
  Unrolled<Real> unrolled(model, batch.extent, sequences.steps, Keep::trajectory);
  Tensor<double> loss(backend, {1});
  unrolled.forward(batch.inputs, batch.extent, batch.lengths);
  unrolled.clear_gradients();
  operations_of<Real>(backend).loss(
      loss_run(LossKind::mse, batch, unrolled, unrolled.output_gradient(), loss.data(), nullptr));
  unrolled.backward(Unrolled<Real>::Readout::used);
  return {on_host(backend, unrolled.outputs()), on_host(backend, unrolled.last_states()),
          on_host(backend, model.parameters().gradients()), loss.to_host()};
}

template <class Real>
Parts warming_up(Model<Real>& model, const Sequences& sequences) {
  const std::vector<std::uint64_t> seeds{1};
  WarmUp<Real> warm_up(model, sequences, seeds, {.sequences = sequences.count, .longest = 20});
  const std::vector<double> loss = warm_up.gradient(2);
  return {loss, on_host(model.backend(), model.parameters().gradients())};
}

template <class Real>
Parts cell_parts(Backend& backend, const CellInfo& cell, const std::string& schedule) {
  const Sequences sequences = test_sequences();
  Model<Real> model = network<Real>(backend, cell, schedule);
  Parts parts = learning(model, sequences);
  for (std::vector<double>& part : warming_up(model, sequences)) parts.push_back(std::move(part));
  return parts;
}

Parts shuffled(Backend& backend) {
  constexpr int count = 1000;
  Tensor<std::uint64_t> seeds(backend, {2});
  Tensor<int> orders(backend, {2, count});
  seeds.from_host(std::vector<std::uint64_t>{3, 4});
  operations_of<float>(backend).shuffle(
      {.seeds = seeds.data(), .replicas = 2, .count = count, .epoch = 1, .orders = orders.data()});
  const std::vector<int> found = orders.to_host();
  return {{found.begin(), found.end()}};
}

Parts eigenvectors(Backend& backend) {
  constexpr int n = 24, count = 4;
  Tensor<double> matrix(backend, {n, n}), values(backend, {count}), vectors(backend, {count, n});
  const std::vector<float> half = drawn(n * n, 1, 3);
  std::vector<double> symmetric(half.size());
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) symmetric[i * n + j] = double(half[i * n + j]) + double(half[j * n + i]);
  matrix.from_host(symmetric);
  backend.decompositions().symmetric_eigen(matrix.view(1, n, n), values.data(), vectors.view(1, count, n));
  return {values.to_host(), vectors.to_host()};
}

template <class Real>
Parts adam_step(Backend& backend) {
  Model<Real> model(backend, {.cell = every_cell().data(), .units = 8, .layers = 1, .inputs = 3, .outputs = 2}, 1);
  Adam<Real> adam(backend, model.parameters(), {0.01}, {.weight_decay = 0.1, .clip = 1});
  const auto fill = [&](View<Real> to, std::uint64_t what) {
    const std::vector<float> values = drawn(static_cast<std::size_t>(to.columns), 1, what);
    const std::vector<Real> own(values.begin(), values.end());
    backend.copy_in(to.first, own.data(), own.size() * sizeof(Real));
  };
  fill(model.parameters().values(), 4);
  fill(model.parameters().gradients(), 5);
  const std::vector<unsigned char> active{1};
  const std::vector<double> norm = adam.step(active);
  return {norm, on_host(backend, model.parameters().values())};
}

// The largest difference over the largest value; infinite if anything is not finite.
double relative_error(const std::vector<double>& found, const std::vector<double>& expected) {
  double difference = 0, largest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double apart = std::abs(found[i] - expected[i]);
    difference = std::max(difference, std::isfinite(apart) ? apart : std::numeric_limits<double>::infinity());
    largest = std::max(largest, std::abs(expected[i]));
  }
  return largest > 0 ? difference / largest : std::numeric_limits<double>::infinity();
}

double relative_error(const Parts& found, const Parts& expected) {
  double largest = 0;
  for (std::size_t part = 0; part < expected.size(); ++part)
    largest = std::max(largest, relative_error(found[part], expected[part]));
  return largest;
}

SelfTest test_of_cell(const CellInfo& cell, const std::string& schedule) {
  return {.name = std::string(cell.name),
          .schedule = schedule,
          .error = [&cell, schedule](Backend& device, Backend& reference) {
            device.use_schedule(schedule);
            return relative_error(cell_parts<float>(device, cell, schedule),
                                  cell_parts<double>(reference, cell, schedule));
          }};
}

}  // namespace

double tolerance_of(const Backend& backend) { return backend.name() == "cpu" ? 1e-4 : 1e-3; }

std::vector<SelfTest> self_tests(const Backend& device, const std::string& schedule) {
  std::vector<SelfTest> tests{
      {"shuffle", "", [](Backend& one, Backend& other) { return relative_error(shuffled(one), shuffled(other)); }},
      {"eigenvectors", "",
       [](Backend& one, Backend& other) { return relative_error(eigenvectors(one), eigenvectors(other)); }},
      {"adam", "",
       [](Backend& one, Backend& other) { return relative_error(adam_step<float>(one), adam_step<double>(other)); }}};
  std::vector<std::string> schedules = device.schedules();
  if (schedules.size() > 1) std::erase(schedules, "auto");
  for (const std::string& one : schedules)
    if (schedule == "auto" || schedule == one)
      for (const CellInfo& cell : every_cell()) tests.push_back(test_of_cell(cell, one));
  return tests;
}

std::optional<SelfTestResult> run_self_test(const SelfTest& test, Backend& device, Backend& reference) try {
  SelfTestResult result{.name = test.name, .schedule = test.schedule, .error = test.error(device, reference)};
  if (!(result.error <= tolerance_of(device))) result.failure = fmt::format("relative error {:.1e}", result.error);
  return result;
} catch (const Error& error) {
  if (error.kind() == ErrorKind::usage && !test.schedule.empty()) return std::nullopt;
  throw;
}

}  // namespace hysteron
