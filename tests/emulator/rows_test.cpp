// Rows moved from place to place, gathered and summed.
#include "kernels/rows.cuh"

#include <kernel_language.cuh>

#include "kernels/gather.cuh"
#include "operations_pair.hpp"

namespace hysteron {

namespace {

template <class Real>
using RowKernels = OperationsPair<Real>;
TYPED_TEST_SUITE(RowKernels, Precisions);

struct Extent {
  int replicas;
  std::ptrdiff_t rows, columns, pitch, offset;  // offset: that of the first value, in values
};

// Contiguous and not, aligned to a wide word and not, narrow, and wider than a block.
constexpr Extent extents[]{{1, 1, 1, 1, 0},  {2, 3, 5, 5, 0},   {3, 7, 8, 8, 0},       {2, 5, 8, 12, 0},
                           {2, 5, 8, 12, 1}, {1, 300, 2, 3, 0}, {1, 2, 2000, 2000, 0}, {2, 0, 4, 4, 0}};

TYPED_TEST(RowKernels, CopyRepeatAndClearWriteWhatTheyShouldAndNothingElse) {
  using Real = TypeParam;
  for (const Extent& e : extents) {
    const std::ptrdiff_t size = e.replicas * e.rows * e.pitch + e.offset;
    auto source = drawn<Real>(this->random, size + e.pitch);
    const auto view = [&e](std::vector<Real>& values) {
      View<Real> all = window<Real>(values, e.replicas, e.rows, e.columns, e.pitch);
      all.first += e.offset;
      return all;
    };
    const View<Real> from = view(source);
    const auto blank = drawn<Real>(this->random, size + e.pitch);
    auto expected = blank;
    this->cpu().copy(from, view(expected));
    auto repeated = blank;
    this->cpu().repeat_row(from.rows_from(0, 1), view(repeated));
    auto cleared = blank;
    this->cpu().clear(view(cleared));
    auto shared_row = blank;
    View<Real> shared = from.rows_from(0, 1);
    shared.replica = 0;
    this->cpu().repeat_row(shared, view(shared_row));
    cuda_emulator::for_each_schedule(1, [&] {
      auto found = blank;
      cuda::launch_copy<Real>(from, view(found), nullptr);
      EXPECT_EQ(found, expected);
      found = blank;
      cuda::launch_repeat_row<Real>(from.rows_from(0, 1), view(found), nullptr);
      EXPECT_EQ(found, repeated);
      found = blank;
      cuda::launch_repeat_row<Real>(shared, view(found), nullptr);
      EXPECT_EQ(found, shared_row);
      found = blank;
      cuda::launch_clear<Real>(view(found), nullptr);
      EXPECT_EQ(found, cleared);
    });
  }
}

TYPED_TEST(RowKernels, SumsOfRows) {
  using Real = TypeParam;
  for (const Extent& e : {Extent{1, 1, 1, 1, 0}, Extent{2, 9, 33, 40, 0}, Extent{3, 700, 5, 5, 0},
                          Extent{2, 0, 3, 3, 0}, Extent{1, 256, 2, 2, 0}, Extent{1, 257, 2, 2, 0}}) {
    auto source = drawn<Real>(this->random, e.replicas * e.rows * e.pitch);
    const View<const Real> rows = window<const Real>(source, e.replicas, e.rows, e.columns, e.pitch);
    const auto before = drawn<Real>(this->random, e.replicas * e.columns);
    std::vector<std::byte> workspace(cuda::sum_rows_workspace(rows));
    for (const Result result : {Result::replaced, Result::added}) {
      auto expected = before;
      this->cpu().sum_rows(rows, window<Real>(expected, e.replicas, 1, e.columns), result);
      cuda_emulator::for_each_schedule(1, [&] {
        auto found = before;
        cuda::launch_sum_rows<Real>(rows, window<Real>(found, e.replicas, 1, e.columns), result, workspace.data(),
                                    nullptr);
        expect_near("sums", found, expected, 30 * rounding<Real>());
      });
      if (e.replicas == 1) continue;
      // A replica run alone gives the same bits.
      auto together = before, alone = before;
      cuda::launch_sum_rows<Real>(rows, window<Real>(together, e.replicas, 1, e.columns), result, workspace.data(),
                                  nullptr);
      for (int r = 0; r < e.replicas; ++r) {
        View<const Real> one = rows;
        one.first += r * rows.replica, one.replicas = 1;
        View<Real> sums = window<Real>(alone, e.replicas, 1, e.columns);
        sums.first += r * sums.replica, sums.replicas = 1;
        cuda::launch_sum_rows<Real>(one, sums, result, workspace.data(), nullptr);
      }
      EXPECT_EQ(alone, together);
    }
  }
}

template <class Value>
void expect_gathered(Operations<double>& cpu, std::mt19937& random, int features, std::ptrdiff_t indices_replica) {
  constexpr int count = 6, stored = 11, steps = 13, batch = 5, replicas = 3;
  auto sequences = drawn<Value>(random, count * stored * features, 100);
  std::vector<int> indices(static_cast<std::size_t>(batch + (replicas - 1) * indices_replica));
  for (int& index : indices) index = int(random() % count);
  const auto blank = drawn<Value>(random, replicas * steps * batch * features, 100);
  auto expected = blank;
  GatherRun<Value> run;
  run.sequences = sequences.data(), run.stored_steps = stored, run.features = features;
  run.indices = indices.data(), run.indices_replica = indices_replica, run.batch = batch, run.steps = steps;
  run.gathered = window<Value>(expected, replicas, steps * batch, features);
  if constexpr (std::is_same_v<Value, float>) {
    operations_of<float>(*make_backend("cpu", 1)).gather(run);
  } else {
    cpu.gather(run);
  }
  cuda_emulator::for_each_schedule(1, [&] {
    auto found = blank;
    run.gathered = window<Value>(found, replicas, steps * batch, features);
    cuda::launch_gather<Value>(run, nullptr);
    EXPECT_EQ(found, expected) << features << " features";
  });
}

TEST(Gather, TakesEachReplicasOwnChoiceAndEndsInZeros) {
  const auto backend = make_backend("cpu", 1);
  std::mt19937 random(3);
  for (const int features : {1, 3, 4, 200})
    for (const std::ptrdiff_t indices_replica : {0, 5, 9}) {
      expect_gathered<double>(operations_of<double>(*backend), random, features, indices_replica);
      expect_gathered<float>(operations_of<double>(*backend), random, features, indices_replica);
      expect_gathered<int>(operations_of<double>(*backend), random, features, indices_replica);
    }
}

}  // namespace

}  // namespace hysteron
