// Mistakes planted in the exchanges between blocks: the emulator finds each of them, in some order of threads, by
// reporting an error or through a result with different bits. Two more are for ThreadSanitizer (race/).
#include <optional>

#include <hysteron/cells/gru.hpp>
#include <hysteron/cells/mgu.hpp>

#include "persistent_matrix.hpp"

namespace hysteron {

namespace {

using cuda::PlantedBug;

/// One at a time, chosen when a test runs.
struct ChosenBug {
  static inline std::optional<PlantedBug> chosen;
  static bool has(PlantedBug bug) { return chosen == bug; }
};

enum class Way { forward, backward };

struct Fault {
  const char* name;
  PlantedBug bug;
  bool forward = true, backward = true;
};

const Fault faults[] = {
    {"single buffer", PlantedBug::single_buffer},
    {"push before the last read", PlantedBug::push_before_last_read},
    {"missing expect_tx", PlantedBug::missing_expect_tx},
    {"wrong parity", PlantedBug::wrong_parity},
    {"exit with a store inbound", PlantedBug::exit_with_store_inbound},
    {"a barrier for the last wait", PlantedBug::barrier_for_last_wait, false, true},
    {"lost arrive", PlantedBug::lost_arrive},
    {"too few bytes", PlantedBug::too_few_bytes},
    {"arrive twice", PlantedBug::arrive_twice},
    {"no wait", PlantedBug::no_wait},
    {"wait in the first warp only", PlantedBug::wait_in_first_warp_only},
    {"no init fence", PlantedBug::no_init_fence},
    {"no first barrier", PlantedBug::no_first_barrier, true, false},
    {"no warp barrier", PlantedBug::no_warp_barrier, false, true},
    {"no partial buffer", PlantedBug::no_partial_buffer, false, true},
    {"no block barrier", PlantedBug::no_block_barrier, false, true},
    {"length off by one", PlantedBug::length_off_by_one},
};

template <class C>
class PersistentFaults : public testing::Test {
 protected:
  using P = cuda::Plan<64, 4, 16, 4>;  // two warps in each of four blocks

  Layer<float> computed(Way way) {
    Layer<float> layer = forward_;
    if (way == Way::forward) {
      std::ranges::fill(layer.saved, NAN);
      std::fill(layer.states.begin() + first_states(), layer.states.end(), NAN);
      kernels_.forward(layer.run());
    } else {
      std::ranges::copy(layer.entering_last, layer.state_gradient.begin());
      kernels_.backward(layer.run(), layer.gradient());
    }
    return layer;
  }

  /// In the fixed orders of threads and in `seeds` random ones.
  bool found(Way way, PlantedBug bug, unsigned seeds) {
    bool result = false;
    const Layer<float>& expected = way == Way::forward ? forward_ : backward_;
    cuda_emulator::for_each_schedule(seeds, [&] {
      if (result) return;
      ChosenBug::chosen = bug;
      cuda_emulator::options.fill = 0x42;  // 48.56..: unlike not-a-number it causes no undefined conversion
      try {
        const Layer<float> layer = computed(way);
        result = !same_bits(layer, expected);
      } catch (const cuda_emulator::Error&) {
        result = true;
      }
      ChosenBug::chosen.reset();
    });
    return result;
  }

 private:
  static constexpr Shape shape{.replicas = 1, .steps = 9, .batch = 7, .units = 64};
  std::ptrdiff_t first_states() const { return std::ptrdiff_t(shape.batch) * forward_.cell.state * shape.units; }

  EmulatedOperations<float> kernels_ = persistent_operations<C, P, ChosenBug, ChosenBug>();
  Layer<float> forward_ = [this] {
    Layer<float> layer(describe<C>(), shape, InputKind::varying, Kept::trajectory, {9, 8, 9, 3, 9, 9, 1}, 1);
    layer.forward(kernels_);
    return layer;
  }();
  Layer<float> backward_ = computed(Way::backward);
};

using Cells = testing::Types<Gru<float>, Mgu<float>>;
TYPED_TEST_SUITE(PersistentFaults, Cells);

TYPED_TEST(PersistentFaults, AreFound) {
  for (const Fault& fault : faults) {
    for (const Way way : {Way::forward, Way::backward}) {
      if (!(way == Way::forward ? fault.forward : fault.backward)) continue;
      EXPECT_TRUE(this->found(way, fault.bug, 20)) << fault.name << (way == Way::forward ? ", forward" : ", backward");
    }
  }
}

// Bytes may arrive before they are expected, as long as the arrival is pending.
TYPED_TEST(PersistentFaults, ArmingAfterThePushIsNone) {
  EXPECT_FALSE(this->found(Way::forward, PlantedBug::arm_after_push, 6));
  EXPECT_FALSE(this->found(Way::backward, PlantedBug::arm_after_push, 6));
}

}  // namespace

}  // namespace hysteron
