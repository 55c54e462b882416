#pragma once
#include <cstdint>
#include <functional>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "files/npy.hpp"
#include "files/safetensors.hpp"
#include "tests/child_program.hpp"

namespace hysteron {

using Extents = std::vector<std::int64_t>;

inline std::vector<float> normal(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> distribution;
  std::vector<float> values(count);
  for (float& value : values) value = distribution(random);
  return values;
}

inline std::vector<float> normal(const Extents& shape, unsigned seed) {
  return normal(
      static_cast<std::size_t>(std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>())),
      seed);
}

/// Commands run on the test's own small files.
class Commands : public ProgramTest {
 protected:
  void put_floats(const std::string& name, const Extents& shape, std::span<const float> values) const {
    write_npy(folder / name, make_array(shape, values));
  }
  void put_normal(const std::string& name, const Extents& shape, unsigned seed) const {
    put_floats(name, shape, normal(shape, seed));
  }
  void put_integers(const std::string& name, const std::vector<std::int64_t>& values) const {
    write_npy(folder / name, make_array({static_cast<std::int64_t>(values.size())}, values));
  }
  Array array(const std::string& name) const { return read_array((folder / name).string()); }
  std::vector<double> values(const std::string& name) const { return to_doubles(array(name), name); }
  Safetensors tensors(const std::string& name) const { return read_safetensors(folder / name); }

  /// A new network for X.npy, initialized only by classic.
  void make_network(const std::string& name, const std::string& options) const {
    succeeds("prepare --inputs X.npy --set init.measure_draws=0 --out " + name + " " + options);
  }
};

}  // namespace hysteron
