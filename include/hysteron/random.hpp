#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace hysteron {

/// The purpose of draws: draws of different streams are independent, in whatever order they are made.
enum class Stream : std::uint32_t {
  parameters = 1,
  shuffle = 2,
  warm_up_batch = 3,
  warm_up_prefix = 4,
  warm_up_steps = 5,
  warm_up_input = 6,
  measure_batch = 7,
  measure_prefix = 8,
  measure_input = 9,
  training_data = 10,
  test_data = 11,
  permutation = 12,
  test_of_library = 13,
  resampling = 14,
  autoencoder_sample = 15,
  autoencoder_start = 16,
  exploration = 17,
  play = 18,
  replay = 19,
  state_noise = 20,
  memory_input = 21,
  detach = 22,
  split = 23,
};

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four random words from a key
/// and a counter. The same on every machine and device.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 2> key, std::array<std::uint32_t, 4> counter);

/// Counter-based random numbers: what is drawn depends only on (seed, stream, step) and how many were drawn before from
/// this object. Cheap to make: use one for each step or each sequence.
class Random {
 public:
  Random(std::uint64_t seed, Stream stream, std::uint64_t step = 0);

  std::uint32_t bits();
  double uniform();                         ///< [0, 1), 53 bits
  double uniform(double from, double to);   ///< [from, to)
  double normal();                          ///< N(0, 1), by the Box-Muller method
  std::int64_t below(std::int64_t count);   ///< 0 .. count - 1, without bias; count > 0
  std::vector<int> permutation(int count);  ///< of 0 .. count - 1 (Fisher and Yates)

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> words_{};
  int used_ = 4;
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace hysteron
