#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>

#include "rows.cuh"

namespace hysteron::cuda {

// A batch of sequences that are in device memory. Values are read along a sequence and written across the batch: a
// thread takes one sequence (and feature) for eight steps, so that with one feature per step it reads whole sectors of
// 32 bytes while its warp writes whole lines.

inline constexpr int steps_of_gather = 8;

template <class Word>
__global__ void gather_sequences(GatherRun<Word> run) {
  const int sequence = int(blockIdx.x * blockDim.y + threadIdx.y);
  if (sequence >= run.batch) return;
  const std::ptrdiff_t index = run.indices[blockIdx.z * run.indices_replica + sequence];
  const Word* const from = run.sequences + index * run.stored_steps * run.features;
  Word* const to = run.gathered.first + blockIdx.z * run.gathered.replica + sequence * run.gathered.row;
  const int first = int(blockIdx.y) * steps_of_gather;
  const int end = first + steps_of_gather < run.steps ? first + steps_of_gather : run.steps;
  for (std::ptrdiff_t feature = threadIdx.x; feature < run.features; feature += blockDim.x)
#pragma unroll 4
    for (int step = first; step < end; ++step) {
      Word& gathered = to[std::ptrdiff_t(step) * run.batch * run.gathered.row + feature];
      gathered = step < run.stored_steps ? from[step * run.features + feature] : Word{};
    }
}

/// Value: float, double or int.
template <class Value>
void launch_gather(const GatherRun<Value>& run, cudaStream_t stream) {
  if (run.gathered.replicas == 0 || run.batch == 0 || run.steps == 0 || run.features == 0) return;
  const auto gather = [stream](const auto& words) {
    using Word = std::remove_const_t<std::remove_reference_t<decltype(*words.sequences)>>;
    constexpr unsigned threads = 128;
    const unsigned across = std::bit_ceil(unsigned(std::clamp<std::ptrdiff_t>(words.features, 1, threads)));
    const unsigned down = threads / across;
    launch({.grid = dim3((unsigned(words.batch) + down - 1) / down,
                         unsigned((words.steps + steps_of_gather - 1) / steps_of_gather),
                         unsigned(words.gathered.replicas)),
            .block = dim3(across, down),
            .stream = stream},
           gather_sequences<Word>, words);
  };
  using Word = WideWord<Value>;
  constexpr std::ptrdiff_t values = sizeof(Word) / sizeof(Value);
  if (is_wide(run.gathered) && reinterpret_cast<std::uintptr_t>(run.sequences) % 16 == 0 &&
      run.features % values == 0) {
    gather(GatherRun<Word>{.sequences = reinterpret_cast<const Word*>(run.sequences),
                           .stored_steps = run.stored_steps,
                           .features = run.features / values,
                           .indices = run.indices,
                           .indices_replica = run.indices_replica,
                           .batch = run.batch,
                           .steps = run.steps,
                           .gathered = in_words<Word>(run.gathered)});
  } else {
    gather(run);
  }
}

}  // namespace hysteron::cuda
