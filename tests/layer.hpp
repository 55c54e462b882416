#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include <hysteron/backend.hpp>

#include "tests/same_bits.hpp"

namespace hysteron {

enum class InputKind { varying, constant };
enum class Kept { trajectory, last_state };

/// A layer with random parameters, inputs, initial states and entering gradients, and memory for everything that it
/// computes, which is not-a-number until it is computed.
template <class Real>
struct Layer {
  Layer(const CellInfo& of, Shape extent, InputKind input_kind, Kept what, std::vector<int> lengths_of, unsigned seed)
      : cell(of), shape(extent), kind(input_kind), keeps(what), lengths(std::move(lengths_of)) {
    std::mt19937 random(seed);
    const auto draw = [&](std::vector<Real>& values, std::ptrdiff_t count, double scale) {
      std::normal_distribution<double> normal(0, scale);
      values.resize(static_cast<std::size_t>(count));
      for (Real& value : values) value = Real(normal(random));
    };
    const std::ptrdiff_t rows = std::ptrdiff_t(shape.replicas) * shape.batch, units = shape.units;
    const int matrices = cell.matrices();
    draw(weight, shape.replicas * matrices * units * units, 1 / std::sqrt(double(units)));
    draw(unit, shape.replicas * cell.unit * units, 0.5);
    draw(input, (kind == InputKind::constant ? shape.replicas : rows * shape.steps) * cell.input * units, 0.5);
    draw(initial, rows * cell.state * units, 0.5);
    draw(entering, rows * shape.steps * cell.state * units, 0.5);
    draw(entering_last, rows * cell.state * units, 0.5);
    const auto room = [&](std::vector<Real>& values, std::ptrdiff_t count) {
      values.assign(static_cast<std::size_t>(count * units), std::numeric_limits<Real>::quiet_NaN());
    };
    const std::ptrdiff_t kept = keeps == Kept::trajectory ? shape.steps : 1;
    room(states, rows * (keeps == Kept::trajectory ? kept + 1 : 1) * cell.state);
    room(intermediates, rows * kept * cell.intermediate);
    room(saved, rows * kept * cell.saved);
    if (keeps == Kept::last_state) return;
    room(state_gradient, rows * cell.state);
    room(totals, rows * (shape.steps + 1) * cell.state);
    room(input_gradient, (kind == InputKind::constant ? 1 : shape.steps) * rows * cell.input);
    room(unit_gradient, rows * cell.unit);
    room(recurrent_gradient, rows * shape.steps * cell.recurrent);
    room(deep_gradient, rows * shape.steps * cell.deep);
    weight_gradient.resize(weight.size());
  }

  LayerRun<Real> run() {
    LayerRun<Real> run;
    run.cell = &cell;
    run.shape = shape;
    run.lengths = lengths.empty() ? nullptr : lengths.data();
    run.weight = weight.data();
    run.weight_replica = std::ptrdiff_t(cell.matrices()) * shape.units * shape.units;
    run.unit = {unit.data(), std::ptrdiff_t(cell.unit) * shape.units, 0, 0};
    run.input = kind == InputKind::constant
                    ? Lanes<const Real>{input.data(), std::ptrdiff_t(cell.input) * shape.units, 0, 0}
                    : as_const(over_steps(input, cell.input, shape.steps));
    const bool all = keeps == Kept::trajectory;
    run.states = all ? over_steps(states, cell.state, shape.steps + 1) : over_batch(states, cell.state);
    run.intermediates =
        all ? over_steps(intermediates, cell.intermediate, shape.steps) : over_batch(intermediates, cell.intermediate);
    run.saved = all ? over_steps(saved, cell.saved, shape.steps) : over_batch(saved, cell.saved);
    return run;
  }
  LayerGradient<Real> gradient() {
    LayerGradient<Real> gradient;
    gradient.entering = as_const(over_steps(entering, cell.state, shape.steps));
    gradient.state = over_batch(state_gradient, cell.state);
    gradient.totals = over_steps(totals, cell.state, shape.steps + 1);
    gradient.input = kind == InputKind::constant ? over_batch(input_gradient, cell.input)
                                                 : over_steps(input_gradient, cell.input, shape.steps);
    gradient.unit = over_batch(unit_gradient, cell.unit);
    gradient.recurrent = over_steps(recurrent_gradient, cell.recurrent, shape.steps);
    gradient.deep = over_steps(deep_gradient, cell.deep, shape.steps);
    return gradient;
  }

  void forward(auto& operations) {
    const auto row = static_cast<std::ptrdiff_t>(shape.batch) * cell.state * shape.units;
    const std::ptrdiff_t steps = keeps == Kept::trajectory ? shape.steps + 1 : 1;
    for (int r = 0; r < shape.replicas; ++r)
      std::copy_n(initial.begin() + r * row, row, states.begin() + r * steps * row);
    operations.forward(run());
  }
  /// The gradient of the sum of entering times the state after each step, and of entering_last times the last state.
  void backward(auto& operations) {
    std::ranges::copy(entering_last, state_gradient.begin());
    operations.backward(run(), gradient());
    const std::ptrdiff_t units = shape.units, rows = std::ptrdiff_t(shape.steps) * shape.batch;
    const auto add = [&](std::vector<Real>& product, int lanes, std::vector<Real>& read, int read_lanes, int read_steps,
                         std::ptrdiff_t first) {
      if (lanes == 0) return;
      const View<const Real> a{product.data(), shape.replicas,       rows,
                               lanes * units,  rows * lanes * units, lanes * units};
      const View<const Real> b{
          read.data(),       shape.replicas, rows, units, std::ptrdiff_t(read_steps) * shape.batch * read_lanes * units,
          read_lanes * units};
      const View<Real> c{weight_gradient.data() + first * units * units,  shape.replicas, lanes * units, units,
                         std::ptrdiff_t(cell.matrices()) * units * units, units};
      operations.product(a, Transposed::yes, b, Transposed::no, c, Result::replaced);
    };
    add(recurrent_gradient, cell.recurrent, states, cell.state, shape.steps + 1, 0);
    add(deep_gradient, cell.deep, intermediates, cell.intermediate, shape.steps, cell.recurrent);
  }
  double loss(Operations<Real>& operations) {
    forward(operations);
    const std::ptrdiff_t width = std::ptrdiff_t(shape.batch) * cell.state * shape.units;
    double sum = 0;
    for (std::ptrdiff_t r = 0; r < shape.replicas; ++r) {
      const Real* const after = states.data() + (r * (shape.steps + 1) + 1) * width;
      for (std::ptrdiff_t i = 0; i < shape.steps * width; ++i)
        sum += double(after[i]) * double(entering[static_cast<std::size_t>(r * shape.steps * width + i)]);
      for (std::ptrdiff_t i = 0; i < width; ++i)
        sum += double(after[(shape.steps - 1) * width + i]) *
               double(entering_last[static_cast<std::size_t>(r * width + i)]);
    }
    return sum;
  }
  /// Summed over the sequences of a replica: the gradient of what they all share.
  std::vector<Real> shared(const std::vector<Real>& rows) const {
    const std::size_t row = rows.size() / static_cast<std::size_t>(shape.replicas * shape.batch);
    std::vector<Real> sums(static_cast<std::size_t>(shape.replicas) * row);
    for (std::size_t at = 0; at < rows.size(); ++at)
      sums[at / (row * static_cast<std::size_t>(shape.batch)) * row + at % row] += rows[at];
    return sums;
  }
  /// What forward and backward write, by name. The weights' gradient is a product of these.
  struct Written {
    const char* name;
    std::vector<Real> Layer::*values;
  };
  static auto all_written() {
    return std::array{Written{"states", &Layer::states},
                      Written{"intermediates", &Layer::intermediates},
                      Written{"saved", &Layer::saved},
                      Written{"state gradient", &Layer::state_gradient},
                      Written{"totals", &Layer::totals},
                      Written{"input gradient", &Layer::input_gradient},
                      Written{"unit gradient", &Layer::unit_gradient},
                      Written{"recurrent gradient", &Layer::recurrent_gradient},
                      Written{"deep gradient", &Layer::deep_gradient}};
  }
  const Real* state(int replica, int step, int sequence) const {
    const std::ptrdiff_t row = std::ptrdiff_t(cell.state) * shape.units;
    const std::ptrdiff_t steps = keeps == Kept::trajectory ? shape.steps + 1 : 1;
    return states.data() + ((replica * steps + step) * shape.batch + sequence) * row;
  }

  CellInfo cell;
  Shape shape;
  InputKind kind;
  Kept keeps;
  std::vector<int> lengths;  // [replicas, batch]
  std::vector<Real> weight, unit, input, initial, entering, entering_last;
  std::vector<Real> states, intermediates, saved;
  std::vector<Real> state_gradient, totals, input_gradient, unit_gradient, recurrent_gradient, deep_gradient,
      weight_gradient;

 private:
  static Lanes<const Real> as_const(const Lanes<Real>& lanes) {
    return {lanes.first, lanes.replica, lanes.step, lanes.sequence};
  }
  Lanes<Real> over_steps(std::vector<Real>& values, int lanes, int steps) {
    const std::ptrdiff_t row = std::ptrdiff_t(lanes) * shape.units;
    return {values.data(), row * shape.batch * steps, row * shape.batch, row};
  }
  Lanes<Real> over_batch(std::vector<Real>& values, int lanes) {
    const std::ptrdiff_t row = std::ptrdiff_t(lanes) * shape.units;
    return {values.data(), row * shape.batch, 0, row};
  }
};

/// Everything that forward and backward write, and the weights' gradient.
template <class Real>
bool same_bits(const Layer<Real>& a, const Layer<Real>& b) {
  return same_bits(a.weight_gradient, b.weight_gradient) &&
         std::ranges::all_of(Layer<Real>::all_written(),
                             [&](const auto& result) { return same_bits(a.*result.values, b.*result.values); });
}

/// Lengths 0 .. steps, of every kind.
inline std::vector<int> uneven_lengths(Shape shape, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<int> lengths(static_cast<std::size_t>(shape.replicas * shape.batch));
  for (int& length : lengths) length = static_cast<int>(random() % static_cast<unsigned>(shape.steps + 1));
  return lengths;
}

/// How GoogleTest names a cell in its messages.
inline void PrintTo(const CellInfo& cell, std::ostream* out) { *out << cell.name; }

struct CellName {
  std::string operator()(const auto& info) const { return std::string(info.param.name); }
};

}  // namespace hysteron
