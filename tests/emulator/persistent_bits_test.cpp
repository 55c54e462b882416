// What the bits of a result depend on: only on the class of the kernel, not on how the batch is cut into slices, how
// many blocks share the units, which slot a sequence has, or what runs beside it.
#include <hysteron/cells/gru.hpp>
#include <hysteron/cells/lmn.hpp>

#include "persistent_matrix.hpp"

namespace hysteron {

namespace {

const Shape shape{.replicas = 2, .steps = 4, .batch = 5, .units = 61};
const std::vector<int> lengths{4, 2, 0, 3, 1, 4, 4, 1, 2, 3};

template <Cell C>
Layer<float> random_layer() {
  return {describe<C>(), shape, InputKind::varying, Kept::trajectory, lengths, 3};
}

template <Cell C, class P>
Layer<float> computed() {
  auto kernels = persistent_operations<C, P>();
  Layer<float> layer = random_layer<C>();
  layer.forward(kernels);
  layer.backward(kernels);
  return layer;
}

void expect_same_bits(const Layer<float>& a, const Layer<float>& b) {
  for (const auto& [name, values] : Layer<float>::all_written()) EXPECT_TRUE(same_bits(a.*values, b.*values)) << name;
}

template <class C>
class PersistentBits : public testing::Test {};
using Cells = testing::Types<Gru<float>, Lmn<float>>;
TYPED_TEST_SUITE(PersistentBits, Cells);

TYPED_TEST(PersistentBits, AreThoseOfAnySliceAndAnyNumberOfBlocks) {
  const Layer<float> expected = computed<TypeParam, cuda::Plan<64, 1, 16, 1>>();
  cuda_emulator::for_each_schedule(1, [&] {
    expect_same_bits(expected, computed<TypeParam, cuda::Plan<64, 1, 16, 4>>());
    expect_same_bits(expected, computed<TypeParam, cuda::Plan<64, 2, 16, 4>>());
    expect_same_bits(expected, computed<TypeParam, cuda::Plan<64, 4, 16, 1>>());
  });
}

TYPED_TEST(PersistentBits, AreThoseOfTheReplicaAlone) {
  using Alone = cuda::Plan<64, 1, 16, 4>;
  const Layer<float> expected = computed<TypeParam, Alone>();
  auto kernels = persistent_operations<TypeParam, Alone>();
  Layer<float> layer = random_layer<TypeParam>();
  const auto both = [&](int replica) {
    LayerRun<float> run = layer.run();
    LayerGradient<float> gradient = layer.gradient();
    const auto move = [&](auto&... lanes) { ((lanes.first += replica * lanes.replica), ...); };
    run.shape.replicas = 1;
    run.lengths += replica * shape.batch;
    run.weight += replica * run.weight_replica;
    move(run.unit, run.input, run.states, run.intermediates, run.saved, gradient.entering, gradient.state,
         gradient.totals, gradient.input, gradient.unit, gradient.recurrent, gradient.deep);
    kernels.forward(run);
    kernels.backward(run, gradient);
  };
  const auto row = static_cast<std::ptrdiff_t>(shape.batch) * layer.cell.state * shape.units;
  for (int r = 0; r < shape.replicas; ++r)
    std::copy_n(layer.initial.begin() + r * row, row, layer.states.begin() + r * (shape.steps + 1) * row);
  std::ranges::copy(layer.entering_last, layer.state_gradient.begin());
  both(1);
  both(0);
  expect_same_bits(expected, layer);
}

// If a trajectory is kept, every step is computed; if only the last state is kept, a lone block ends once it has
// settled.
TYPED_TEST(PersistentBits, AreThoseOfARunThatSettlesEarly) {
  const Shape long_run{.replicas = 2, .steps = 500, .batch = 5, .units = 9};
  const std::vector<int> ends{500, 499, 0, 33, 1, 467, 500, 64, 480, 31};
  auto kernels = persistent_operations<TypeParam, cuda::Plan<32, 1, 8, 4>>();
  for (const float gain : {0.2f, 3.0f}) {
    Layer<float> whole(describe<TypeParam>(), long_run, InputKind::constant, Kept::trajectory, ends, 6);
    Layer<float> last(describe<TypeParam>(), long_run, InputKind::constant, Kept::last_state, ends, 6);
    for (float& weight : whole.weight) weight *= gain;
    last.weight = whole.weight;
    const auto switches_of = [&](Layer<float>& layer) {
      const auto before = cuda_emulator::statistics.switches;
      const auto row = static_cast<std::ptrdiff_t>(long_run.batch) * layer.cell.state * long_run.units;
      const std::ptrdiff_t rows = layer.keeps == Kept::trajectory ? long_run.steps + 1 : 1;
      for (int r = 0; r < long_run.replicas; ++r)
        std::copy_n(layer.initial.begin() + r * row, row, layer.states.begin() + r * rows * row);
      LayerRun<float> run = layer.run();
      if (layer.keeps == Kept::last_state) run.intermediates = {}, run.saved = {};
      kernels.forward(run);
      return cuda_emulator::statistics.switches - before;
    };
    const auto of_all = switches_of(whole), of_last = switches_of(last);
    if (gain < 1) {
      EXPECT_LT(of_last, of_all / 2);
    }
    const auto row = static_cast<std::ptrdiff_t>(whole.cell.state) * long_run.units;
    for (int r = 0; r < long_run.replicas; ++r)
      for (int b = 0; b < long_run.batch; ++b)
        EXPECT_EQ(std::memcmp(whole.state(r, long_run.steps, b), last.state(r, 0, b),
                              static_cast<std::size_t>(row) * sizeof(float)),
                  0)
            << "replica " << r << " sequence " << b << " gain " << gain;
  }
}

TEST(Strides, OfMoreThan32BitsAreRefused) {
  Lanes<float> lanes{nullptr, std::ptrdiff_t(1) << 40, (std::ptrdiff_t(1) << 31) - 1, 5};
  cuda::require_short_strides(lanes);
  ++lanes.step;
  EXPECT_THROW(cuda::require_short_strides(lanes), Error);
}

TEST(OrderByLength, PutsTheLongestFirst) {
  const Shape of{.replicas = 2, .steps = 9, .batch = 5, .units = 1};
  std::vector<int> order(10, -1);
  const std::vector<int> given{3, 9, 0, 9, 4, 0, 0, 0, 1, 0};
  cuda::launch_order_by_length(given.data(), of, order.data(), nullptr);
  EXPECT_EQ(order, (std::vector<int>{1, 3, 4, 0, 2, 3, 0, 1, 2, 4}));
}

}  // namespace

}  // namespace hysteron
