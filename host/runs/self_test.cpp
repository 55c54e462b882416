#include "runs/self_test.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <hysteron/batches.hpp>
#include <hysteron/loss_run.hpp>
#include <hysteron/random.hpp>
#include <hysteron/unrolled.hpp>

namespace hysteron {
namespace {

/// Everything that a run computes, on the host.
struct Computed {
  std::vector<double> outputs, states, gradients, loss;
};

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

template <class Real>
Computed compute(Backend& backend, const CellInfo& cell, const Sequences& sequences) {
  Operations<Real>& operations = operations_of<Real>(backend);
  Model<Real> model(backend, {.cell = &cell, .units = 33, .layers = 2, .inputs = 3, .outputs = 2}, 1);
  const std::vector<float> parameters =
      drawn(static_cast<std::size_t>(model.parameters().size()), 1 / std::sqrt(33.0), 2);
  model.parameters().block().from_host(std::vector<Real>(parameters.begin(), parameters.end()));
  Batches<Real> batches(backend, sequences, 1, sequences.count);
  std::vector<int> all(static_cast<std::size_t>(sequences.count));
  std::iota(all.begin(), all.end(), 0);
  const Batch<Real> batch = batches.gather(all);
  Unrolled<Real> unrolled(model, batch.extent, sequences.steps, Keep::trajectory);
  Tensor<double> loss(backend, {1});
  unrolled.forward(batch.inputs, batch.extent, batch.lengths);
  unrolled.clear_gradients();
  operations.loss(loss_run(LossKind::mse, batch, unrolled, unrolled.output_gradient(), loss.data(), nullptr));
  unrolled.backward(Unrolled<Real>::Readout::used);
  return {.outputs = on_host(backend, unrolled.outputs()),
          .states = on_host(backend, unrolled.last_states()),
          .gradients = on_host(backend, model.parameters().gradients()),
          .loss = loss.to_host()};
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

}  // namespace

double tolerance_of(const Backend& backend) { return backend.name() == "cpu" ? 1e-4 : 1e-3; }

std::vector<CellTest> test_every_cell(Backend& backend) {
  const std::unique_ptr<Backend> reference = make_backend("cpu");
  const Sequences sequences = test_sequences();
  std::vector<CellTest> tests;
  for (const CellInfo& cell : every_cell()) {
    const Computed found = compute<float>(backend, cell, sequences),
                   expected = compute<double>(*reference, cell, sequences);
    const double error =
        std::max({relative_error(found.outputs, expected.outputs), relative_error(found.states, expected.states),
                  relative_error(found.gradients, expected.gradients), relative_error(found.loss, expected.loss)});
    tests.push_back({.cell = std::string(cell.name), .error = error, .passed = error <= tolerance_of(backend)});
  }
  return tests;
}

}  // namespace hysteron
