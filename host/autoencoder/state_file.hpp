#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "autoencoder/reversed_sequences.hpp"
#include "files/safetensors.hpp"

namespace hysteron {

inline constexpr const char* state_format = "hysteron-laes-state/1";
inline constexpr std::int64_t most_of_state = 1 << 30;  ///< no extent and no option is larger

/// The state that a solver saves: named numbers, whose shapes are checked when they are read again. Anything wrong is a
/// data error.
class StateWriter {
 public:
  explicit StateWriter(const std::string& solver);
  void put(const std::string& name, std::int64_t value);
  void put(const std::string& name, std::vector<std::int64_t> shape, std::span<const double> values);
  void put(const std::string& name, std::vector<std::int64_t> shape, std::span<const float> values);
  void put(const std::string& name, std::span<const std::int64_t> values);
  void put(const LengthSums& sums);
  void write(const std::filesystem::path& path) const;

 private:
  Safetensors file_;
};

class StateReader {
 public:
  explicit StateReader(const Safetensors& file) : file_(&file) {}
  std::int64_t integer(const std::string& name, std::int64_t least, std::int64_t most = 1'000'000'000'000) const;
  /// An extent below 0 stands for any.
  const Array& array(const std::string& name, DType dtype, const std::vector<std::int64_t>& shape) const;
  std::vector<double> doubles(const std::string& name, const std::vector<std::int64_t>& shape) const;
  LengthSums length_sums(int features, int longest) const;

 private:
  const Safetensors* file_;
};

}  // namespace hysteron
