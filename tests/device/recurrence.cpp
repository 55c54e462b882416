// Every cell, with every schedule that can take it, in every mode: forward and backward on the GPU compared with the
// CPU in double precision.
#include <array>
#include <map>
#include <ostream>

#include <gtest/gtest.h>

#include <hysteron/recurrence.hpp>

#include "cuda/persistent_account.hpp"
#include "tests/device/on_device.hpp"

namespace hysteron {
namespace {

struct Mode {
  const char* name;
  Keep keep;
  InputMode input;
  bool lengths, initial, totals;
  int replicas, steps, batch;
  bool detaches = false;
};

constexpr std::array<Mode, 7> modes{{
    {"three_hundred_steps", Keep::trajectory, InputMode::sequence, false, false, true, 1, 300, 5},
    {"lengths", Keep::trajectory, InputMode::sequence, true, true, true, 3, 21, 7},
    {"one_step", Keep::trajectory, InputMode::sequence, false, true, true, 2, 1, 3},
    {"constant_input", Keep::trajectory, InputMode::constant, true, true, false, 2, 40, 6},
    {"states_alone", Keep::states, InputMode::sequence, true, true, false, 2, 30, 4},
    {"last_state", Keep::last_state, InputMode::constant, false, true, false, 2, 100, 9},
    {"detached", Keep::trajectory, InputMode::sequence, true, true, true, 2, 9, 4, true},
}};

struct Case {
  std::string cell, schedule;
  int units;
  bool single;
  Mode mode;
};

void PrintTo(const Case& of, std::ostream* out) { *out << of.cell << ", " << of.schedule; }

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  const Case& of = info.param;
  return of.cell + "_" + std::to_string(of.units) + "_" + of.schedule + (of.single ? "_float_" : "_double_") +
         of.mode.name;
}

/// The fused schedules only take float; 200 units need more than one block's registers, whatever the cell.
std::vector<Case> every_case() {
  std::vector<Case> cases;
  for (const CellInfo& cell : every_cell()) {
    const auto add = [&](const char* schedule, int units, bool single) {
      for (const Mode& mode : modes) cases.push_back({std::string(cell.name), schedule, units, single, mode});
    };
    add("stepwise", 33, true);
    add("stepwise", 33, false);
    if (cell.recurrent == 0) {
      add("scan", 33, true);
      add("scan", 33, false);
    } else {
      add("solo", 33, true);
      add("solo", 64, true);
      add("cluster", 200, true);
    }
  }
  return cases;
}

using Results = std::map<std::string, std::vector<double>>;

/// Sums of the results over replicas, steps and sequences, by name. All inputs are drawn at random.
template <class Real>
Results run(Backend& backend, const Case& of, int only_replica = -1) {
  const CellInfo& cell = cell_named(of.cell);
  const Mode& mode = of.mode;
  const int units = of.units, inputs = 3, replicas = only_replica < 0 ? mode.replicas : 1;
  const Extent extent{mode.steps, mode.batch};
  const std::ptrdiff_t rows = std::ptrdiff_t(mode.steps) * mode.batch, gates = std::ptrdiff_t(cell.input) * units,
                       matrices = std::ptrdiff_t(cell.matrices()) * units, state = cell.state * units;
  std::uint64_t what = 0;
  const auto draw = [&](std::ptrdiff_t values_of_replica, double scale) {
    std::vector<double> values = drawn(mode.replicas * values_of_replica, scale, ++what);
    if (only_replica >= 0) {
      const auto first = values.begin() + only_replica * values_of_replica;
      values = std::vector<double>(first, first + values_of_replica);
    }
    return tensor_of<Real>(backend, values);
  };
  const double scale = 1 / std::sqrt(double(units));
  const std::ptrdiff_t input_rows = mode.input == InputMode::constant ? 1 : rows;
  auto weight_ih = draw(gates * inputs, 0.5), weight_hh = draw(matrices * units, scale), bias = draw(gates, scale),
       unit = draw(std::ptrdiff_t(cell.unit) * units, scale), source = draw(input_rows * inputs, 1),
       initial = draw(mode.batch * state, 0.5), entering = draw(rows * units, 0.1), last = draw(mode.batch * state, 1);
  std::vector<int> lengths;
  for (int replica = 0; replica < mode.replicas; ++replica)
    for (int b = 0; b < mode.batch; ++b) lengths.push_back((7 * b + 5 * replica) % (mode.steps + 1));
  if (only_replica >= 0)
    lengths = std::vector<int>(lengths.begin() + only_replica * mode.batch,
                               lengths.begin() + (only_replica + 1) * mode.batch);
  const Tensor<int> lengths_there = tensor_of_values(backend, lengths);
  Detachment detachment{.lanes = 1, .steps = {}};
  for (int replica = 0; replica < mode.replicas; ++replica)
    for (int step = 0; step < mode.steps; ++step)
      if (only_replica < 0 || only_replica == replica) detachment.steps.push_back((step + replica) % 3 == 0);

  Tensor<Real> d_ih(backend, {replicas, gates * inputs}), d_hh(backend, {replicas, matrices * units}),
      d_bias(backend, {replicas, gates}), d_unit(backend, {replicas, std::ptrdiff_t(cell.unit) * units}),
      d_source(backend, {replicas, input_rows * inputs});
  const auto weights_of = [&](auto& ih, auto& hh, auto& b, auto& u) {
    return CellWeights<Real>{ih.view(replicas, gates, inputs), hh.view(replicas, matrices, units),
                             b.view(replicas, 1, gates), u.view(replicas, 1, std::ptrdiff_t(cell.unit) * units)};
  };
  const CellWeights<const Real> weights = weights_of(weight_ih, weight_hh, bias, unit);
  const CellWeights<Real> gradients = weights_of(d_ih, d_hh, d_bias, d_unit);
  const std::vector<View<const Real>> sources{source.view(replicas, input_rows, inputs)};

  Recurrence<Real> recurrence(backend, cell,
                              {.replicas = replicas, .units = units, .inputs = inputs, .largest = extent}, mode.keep,
                              mode.input);
  View<const Real> first;
  if (mode.initial) first = initial.view(replicas, mode.batch, state);
  // More than once, so that the stepwise schedule's graph takes part.
  for (int round = 0; round < 3; ++round)
    recurrence.forward(weights, sources, extent, mode.lengths ? lengths_there.data() : nullptr, first);
  Results results;
  results["last state"] = host_values(backend, recurrence.last_state());
  if (mode.keep != Keep::last_state) results["states"] = host_values(backend, recurrence.states());
  if (mode.keep != Keep::trajectory) return results;

  if (mode.totals) recurrence.keep_state_gradients();
  Operations<Real>& operations = operations_of<Real>(backend);
  const auto backward = [&](const char* when) {
    for (Tensor<Real>* const tensor : {&d_ih, &d_hh, &d_bias, &d_unit, &d_source}) tensor->clear();
    recurrence.clear_gradients();
    operations.copy(last.view(replicas, mode.batch, state), recurrence.last_state_gradient());
    if (mode.totals) operations.copy(entering.view(replicas, rows, units), recurrence.output_gradient());
    if (mode.detaches && cell.recurrent > 0) recurrence.detach(detachment);
    const std::vector<View<Real>> to{d_source.view(replicas, input_rows, inputs)};
    recurrence.backward(weights, sources, gradients, to);
    const std::string of_round = std::string(" gradient") + when;
    results["weight_ih" + of_round] = host_values(d_ih);
    results["bias" + of_round] = host_values(d_bias);
    if (matrices > 0) results["weight_hh" + of_round] = host_values(d_hh);
    if (cell.unit > 0) results["unit" + of_round] = host_values(d_unit);
    results["source" + of_round] = host_values(d_source);
    results["initial" + of_round] = host_values(backend, recurrence.last_state_gradient());
    if (mode.totals) results["state" + of_round] = host_values(backend, recurrence.state_gradients());
  };
  backward("");
  backward(" again");
  backward(" a third time");
  return results;
}

class DeviceRecurrence : public OnDevice, public testing::WithParamInterface<Case> {
 protected:
  void SetUp() override {
    OnDevice::SetUp();
    if (IsSkipped()) return;
    if (GetParam().schedule == "cluster" && gpu().description().find("capability 8") != std::string::npos)
      GTEST_SKIP() << "clusters take compute capability 9.0: " << gpu().description();
    gpu().use_schedule(GetParam().schedule);
  }
  static Results on_gpu(int only_replica = -1) {
    return GetParam().single ? run<float>(gpu(), GetParam(), only_replica)
                             : run<double>(gpu(), GetParam(), only_replica);
  }
};

TEST_P(DeviceRecurrence, AgreesWithTheCpuInDouble) {
  const Results found = on_gpu(), expected = run<double>(cpu(), GetParam());
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [what, values] : expected) {
    const bool gradient = what.find("gradient") != std::string::npos;
    expect_near(what, found.at(what), values, !GetParam().single ? 1e-10 : gradient ? 1e-3 : 1e-4);
  }
}

TEST_P(DeviceRecurrence, ComesOutTheSameAgainAndWithoutTheReplicasBeside) {
  const Results found = on_gpu();
  EXPECT_EQ(found, on_gpu());
  for (const auto& [what, values] : found) {
    for (const char* const when : {" again", " a third time"}) {
      const auto later = found.find(what + when);
      if (later == found.end()) continue;
      EXPECT_EQ(values, later->second) << what;
    }
  }
  const int replica = GetParam().mode.replicas - 1;
  for (const auto& [what, values] : on_gpu(replica)) {
    const std::vector<double>& all = found.at(what);
    const std::vector<double> own(all.begin() + replica * static_cast<std::ptrdiff_t>(values.size()), all.end());
    EXPECT_EQ(values, own) << what;
  }
}

class DevicePlans : public OnDevice {
 protected:
  /// Both kernels of one plan, with sequences that differ in length and an input that moves or stays.
  static void expect_agreement(const cuda::PersistentKernel& kernel) {
    const cuda::PersistentLayout layout =
        cuda::persistent_layout(cell_named(kernel.cell).matrices(), kernel.unit_class, kernel.sequences);
    const std::string schedule = std::string(layout.blocks == 1 ? "solo" : "cluster") + ":" +
                                 std::to_string(kernel.unit_class) + ":" + std::to_string(kernel.sequences);
    gpu().use_schedule(schedule);
    for (const InputMode input : {InputMode::sequence, InputMode::constant}) {
      const Mode mode{"plan", Keep::trajectory, input, true, true, true, 1, 5, 9};
      const Case of{std::string(kernel.cell), schedule, kernel.unit_class - 1, true, mode};
      const Results found = run<float>(gpu(), of), expected = run<double>(cpu(), of);
      for (const auto& [what, values] : expected)
        EXPECT_LE(relative_error(found.at(what), values), what.find("gradient") != std::string::npos ? 1e-3 : 1e-4)
            << kernel.cell << " " << schedule << ": " << what;
    }
  }
};

TEST_F(DevicePlans, EveryPersistentKernelAgreesWithTheCpu) {
  std::set<cuda::PersistentKernel> built = cuda::built_persistent_kernels();
  if (gpu().description().find("capability 8") != std::string::npos) {
    const std::size_t clusters = std::erase_if(built, [](const cuda::PersistentKernel& one) {
      return cuda::persistent_layout(cell_named(one.cell).matrices(), one.unit_class, one.sequences).blocks > 1;
    });
    std::printf("persistent kernels: %zu for clusters, which take compute capability 9.0, are left out\n", clusters);
  }
  for (const cuda::PersistentKernel& kernel : built)
    if (kernel.direction == cuda::Direction::forward) expect_agreement(kernel);
  const std::set<cuda::PersistentKernel> reached = cuda::reached_persistent_kernels();
  std::printf("persistent kernels: %zu built, %zu reached\n", built.size(), reached.size());
  for (const cuda::PersistentKernel& kernel : built)
    EXPECT_TRUE(reached.contains(kernel))
        << "not reached: " << kernel.cell << ", " << kernel.unit_class << " units, slices of " << kernel.sequences
        << (kernel.direction == cuda::Direction::forward ? ", forward" : ", backward");
}

INSTANTIATE_TEST_SUITE_P(Every, DeviceRecurrence, testing::ValuesIn(every_case()), name_of_case);

}  // namespace
}  // namespace hysteron
