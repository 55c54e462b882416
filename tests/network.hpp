#pragma once
#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <hysteron/model.hpp>
#include <hysteron/random.hpp>
#include <hysteron/sequences.hpp>

#include "tests/same_bits.hpp"

// Networks with random parameters on the CPU backend, whose memory tests read and write directly.

namespace hysteron {

/// Every cell, stacked and in double layers.
struct NetworkKind {
  const CellInfo* cell;
  Structure structure;
};

inline std::vector<NetworkKind> every_network() {
  std::vector<NetworkKind> kinds;
  for (const CellInfo& cell : every_cell()) {
    kinds.push_back({&cell, Structure::stack});
    kinds.push_back({&cell, Structure::double_layer});
  }
  return kinds;
}

inline std::string name_of(const NetworkKind& kind) {
  return std::string(kind.cell->name) + "_" + to_string(kind.structure);
}

inline void PrintTo(const NetworkKind& kind, std::ostream* to) { *to << name_of(kind); }

struct NetworkName {
  std::string operator()(const testing::TestParamInfo<NetworkKind>& info) const { return name_of(info.param); }
};

/// N(0, scale), the same in either precision except for rounding.
template <class Real>
std::vector<Real> normal_draws(std::size_t count, std::uint64_t seed, double scale) {
  Random random(seed, Stream::test_of_library);
  std::vector<Real> values(count);
  for (Real& value : values) value = static_cast<Real>(scale * random.normal());
  return values;
}

/// Parameters of N(0, scale / sqrt(units)), different for each replica.
template <class Real>
void draw_network(Model<Real>& model, std::uint64_t seed, double scale = 1) {
  model.parameters().block().from_host(
      normal_draws<Real>(model.parameters().block().size(), seed, scale / std::sqrt(double(model.part_units()))));
}

/// Sequences of N(0, 1) inputs, with a target of N(0, 1) at the last step.
inline Sequences normal_sequences(int count, int steps, int features, std::uint64_t seed) {
  const auto size = static_cast<std::size_t>(count);
  Sequences sequences;
  sequences.count = count, sequences.steps = steps, sequences.features = features;
  sequences.inputs = normal_draws<float>(size * static_cast<std::size_t>(steps * features), seed, 1);
  sequences.target_steps = sequences.outputs = 1;
  sequences.targets = normal_draws<float>(size, seed + 1, 1);
  return sequences;
}

/// The gradient compared with fourth-order differences: with a step of 3e-4 the truncation error is of order 3e-16
/// times the fifth derivative, and the rounding error of order 1e-12 times the loss. So 1e-8 leaves room, and is below
/// the required 1e-7.
template <class Loss>
void expect_gradient(const std::string& what, std::vector<double>& knob, const std::vector<double>& gradient,
                     const Loss& loss, double tolerance = 1e-8) {
  ASSERT_EQ(knob.size(), gradient.size()) << what;
  constexpr double step = 3e-4;
  for (std::size_t at = 0; at < knob.size(); ++at) {
    const double value = knob[at];
    const auto moved = [&](double steps) {
      knob[at] = value + steps * step;
      return loss();
    };
    const double difference = (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * step);
    knob[at] = value;
    EXPECT_NEAR(difference, gradient[at], tolerance * std::max(0.1, std::abs(difference))) << what << "[" << at << "]";
  }
}

/// One matrix per replica, side by side: [replicas, rows, columns] without gaps.
template <class Real>
std::vector<std::remove_const_t<Real>> gathered(View<Real> view) {
  std::vector<std::remove_const_t<Real>> values;
  for (int r = 0; r < view.replicas; ++r)
    for (std::ptrdiff_t i = 0; i < view.rows; ++i)
      values.insert(values.end(), view.at(r, i), view.at(r, i) + view.columns);
  return values;
}

template <class Real>
View<Real> view_of(std::vector<std::remove_const_t<Real>>& values, int replicas, std::ptrdiff_t rows) {
  const std::ptrdiff_t columns = static_cast<std::ptrdiff_t>(values.size()) / replicas / rows;
  return {values.data(), replicas, rows, columns, rows * columns, columns};
}

}  // namespace hysteron
