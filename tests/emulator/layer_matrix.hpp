#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "cuda_emulator.hpp"
#include "emulated_operations.hpp"
#include "tests/layer.hpp"

namespace hysteron {

// Every mode of a recurrence, by kernels under the emulator, compared with the CPU backend in double.

/// Values that were not written are not-a-number, and have to be so in both. Errors are relative to the largest value.
template <class Real>
void expect_close(const char* what, const std::vector<Real>& found, const std::vector<double>& expected,
                  double tolerance) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  double largest = 1;
  for (const double value : expected)
    if (!std::isnan(value)) largest = std::max(largest, std::abs(value));
  for (std::size_t at = 0; at < found.size(); ++at) {
    ASSERT_EQ(std::isnan(double(found[at])), std::isnan(expected[at])) << what << "[" << at << "]";
    if (std::isnan(expected[at])) continue;
    ASSERT_NEAR(double(found[at]), expected[at], tolerance * largest) << what << "[" << at << "]";
  }
}

template <class Real>
void expect_close(const Layer<Real>& found, const Layer<double>& expected, double tolerance) {
  for (std::size_t at = 0; at < Layer<Real>::all_written().size(); ++at) {
    const auto result = Layer<Real>::all_written()[at];
    expect_close(result.name, found.*result.values, expected.*Layer<double>::all_written()[at].values, tolerance);
  }
}

/// A random layer, and the same numbers in double.
template <class Real>
struct LayerPair {
  LayerPair(const CellInfo& cell, Shape shape, InputKind kind, Kept keeps, const std::vector<int>& lengths)
      : found(cell, shape, kind, keeps, lengths, 1), expected(cell, shape, kind, keeps, lengths, 1) {
    const auto widen = [](const std::vector<Real>& values) {
      return std::vector<double>(values.begin(), values.end());
    };
    expected.weight = widen(found.weight), expected.unit = widen(found.unit), expected.input = widen(found.input);
    expected.initial = widen(found.initial), expected.entering = widen(found.entering);
    expected.entering_last = widen(found.entering_last);
  }
  Layer<Real> found;
  Layer<double> expected;
};

template <class Real>
class LayerMatrix {
 public:
  /// kernels: under test. seeds: how many random orders of threads in addition to the two fixed ones.
  LayerMatrix(const CellInfo& cell, EmulatedOperations<Real>& kernels, double tolerance, unsigned seeds)
      : cell_(cell), kernels_(&kernels), tolerance_(tolerance), seeds_(seeds) {}

  void expect_trajectory(Shape shape, InputKind kind, const std::vector<int>& lengths) {
    LayerPair<Real> pair(cell_, shape, kind, Kept::trajectory, lengths);
    pair.expected.forward(cpu());
    pair.expected.backward(cpu());
    cuda_emulator::for_each_schedule(seeds_, [&] {
      Layer<Real> layer = pair.found;
      layer.forward(*kernels_);
      layer.backward(*kernels_);
      expect_close(layer, pair.expected, tolerance_);
    });
  }

  /// Only the last state is kept, and there is no memory for anything else.
  void expect_last_state(Shape shape, InputKind kind, const std::vector<int>& lengths) {
    LayerPair<Real> pair(cell_, shape, kind, Kept::last_state, lengths);
    pair.expected.forward(cpu());
    cuda_emulator::for_each_schedule(seeds_, [&] {
      Layer<Real> layer = pair.found;
      layer.states.assign(layer.initial.begin(), layer.initial.end());
      LayerRun<Real> run = layer.run();
      run.intermediates = {}, run.saved = {};
      kernels_->forward(run);
      expect_close(layer, pair.expected, tolerance_);
    });
  }

  /// Gradients enter only at the last state, no totals; and once more, to the same bits.
  void expect_last_gradient_twice(Shape shape, const std::vector<int>& lengths) {
    LayerPair<Real> pair(cell_, shape, InputKind::varying, Kept::trajectory, lengths);
    const auto backward = [](auto& layer, auto& operations) {
      std::ranges::copy(layer.entering_last, layer.state_gradient.begin());
      auto gradient = layer.gradient();
      gradient.entering = {}, gradient.totals = {};
      operations.backward(layer.run(), gradient);
    };
    pair.expected.forward(cpu());
    backward(pair.expected, cpu());
    Layer<Real>& layer = pair.found;
    layer.forward(*kernels_);
    backward(layer, *kernels_);
    expect_close(layer, pair.expected, tolerance_);
    const Layer<Real> once = layer;
    for (std::vector<Real>* gradient :
         {&layer.input_gradient, &layer.unit_gradient, &layer.recurrent_gradient, &layer.deep_gradient})
      std::ranges::fill(*gradient, std::numeric_limits<Real>::quiet_NaN());
    backward(layer, *kernels_);
    EXPECT_EQ(layer.input_gradient, once.input_gradient);
    EXPECT_EQ(layer.unit_gradient, once.unit_gradient);
    EXPECT_EQ(layer.recurrent_gradient, once.recurrent_gradient);
    EXPECT_EQ(layer.deep_gradient, once.deep_gradient);
    EXPECT_EQ(layer.state_gradient, once.state_gradient);
  }

  /// With a single step the stride between steps has no meaning; all replicas may share their weights.
  void expect_one_step(Shape shape) {
    shape.steps = 1;
    std::vector<int> lengths(static_cast<std::size_t>(shape.replicas * shape.batch), 1);
    lengths.back() = 0;
    LayerPair<Real> pair(cell_, shape, InputKind::varying, Kept::trajectory, lengths);
    const auto both = [](auto& layer, auto& operations) {
      const auto row = std::ptrdiff_t(layer.shape.batch) * layer.cell.state * layer.shape.units;
      for (int r = 0; r < layer.shape.replicas; ++r)
        std::copy_n(layer.initial.begin() + r * row, row, layer.states.begin() + 2 * r * row);
      std::ranges::copy(layer.entering_last, layer.state_gradient.begin());
      auto run = layer.run();
      auto gradient = layer.gradient();
      run.weight_replica = 0;
      run.saved.step = run.intermediates.step = gradient.recurrent.step = gradient.deep.step = 0;
      operations.forward(run);
      operations.backward(run, gradient);
    };
    both(pair.expected, cpu());
    both(pair.found, *kernels_);
    expect_close(pair.found, pair.expected, tolerance_);
  }

  /// Gives the same bits alone as among other replicas.
  void expect_each_replica_alone(Shape shape) {
    Layer<Real> together(cell_, shape, InputKind::varying, Kept::trajectory, uneven_lengths(shape, 6), 1);
    together.forward(*kernels_);
    together.backward(*kernels_);
    for (int r = 0; r < shape.replicas; ++r) {
      const auto part_of = [&](const auto& all) {
        const auto size = std::ptrdiff_t(all.size()) / shape.replicas;
        return std::remove_cvref_t<decltype(all)>(all.begin() + r * size, all.begin() + (r + 1) * size);
      };
      Shape one = shape;
      one.replicas = 1;
      Layer<Real> alone(cell_, one, InputKind::varying, Kept::trajectory, part_of(together.lengths), 2);
      alone.weight = part_of(together.weight), alone.unit = part_of(together.unit);
      alone.input = part_of(together.input), alone.initial = part_of(together.initial);
      alone.entering = part_of(together.entering), alone.entering_last = part_of(together.entering_last);
      alone.forward(*kernels_);
      alone.backward(*kernels_);
      EXPECT_EQ(alone.states, part_of(together.states));
      EXPECT_EQ(alone.totals, part_of(together.totals));
      EXPECT_EQ(alone.state_gradient, part_of(together.state_gradient));
      EXPECT_EQ(alone.input_gradient, part_of(together.input_gradient));
      EXPECT_EQ(alone.unit_gradient, part_of(together.unit_gradient));
      EXPECT_EQ(alone.recurrent_gradient, part_of(together.recurrent_gradient));
    }
  }

  /// The modes at one shape.
  void expect_every_mode(Shape shape) {
    const std::vector<int> uneven = uneven_lengths(shape, 5);
    expect_trajectory(shape, InputKind::varying, {});
    expect_trajectory(shape, InputKind::varying, uneven);
    expect_trajectory(shape, InputKind::constant, uneven);
    expect_last_state(shape, InputKind::constant, uneven);
    expect_last_state(shape, InputKind::varying, uneven);
    expect_last_gradient_twice(shape, uneven);
    expect_one_step(shape);
  }

 private:
  Operations<double>& cpu() { return operations_of<double>(*backend_); }

  CellInfo cell_;
  EmulatedOperations<Real>* kernels_;
  double tolerance_;
  unsigned seeds_;
  std::unique_ptr<Backend> backend_ = make_backend("cpu", 1);
};

}  // namespace hysteron
