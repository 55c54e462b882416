#include "autoencoder/state_file.hpp"

#include <cstring>

#include <hysteron/error.hpp>

namespace hysteron {

StateWriter::StateWriter(const std::string& solver) {
  file_.metadata = {{"format", state_format}, {"solver", solver}, {digest_key, ""}};
}

void StateWriter::put(const std::string& name, std::int64_t value) {
  file_.tensors.push_back({name, make_array({}, std::span(&value, 1))});
}

void StateWriter::put(const std::string& name, std::vector<std::int64_t> shape, std::span<const double> values) {
  file_.tensors.push_back({name, make_array(std::move(shape), values)});
}

void StateWriter::put(const std::string& name, std::vector<std::int64_t> shape, std::span<const float> values) {
  file_.tensors.push_back({name, make_array(std::move(shape), values)});
}

void StateWriter::put(const std::string& name, std::span<const std::int64_t> values) {
  file_.tensors.push_back({name, make_array({static_cast<std::int64_t>(values.size())}, values)});
}

void StateWriter::put(const LengthSums& sums) {
  std::vector<std::int64_t> lengths, counts;
  std::vector<double> values;  // one length after the other
  for (const auto& [length, own] : sums) {
    lengths.push_back(length);
    counts.push_back(own.count);
    values.insert(values.end(), own.sum.begin(), own.sum.end());
  }
  put("lengths", lengths);
  put("length_counts", counts);
  put("length_sums", {static_cast<std::int64_t>(values.size())}, values);
}

void StateWriter::write(const std::filesystem::path& path) const { write_safetensors(path, file_); }

std::int64_t StateReader::integer(const std::string& name, std::int64_t least, std::int64_t most) const {
  const Array& one = array(name, DType::i64, {});
  std::int64_t value = 0;
  std::memcpy(&value, one.bytes.data(), sizeof(value));
  if (value < least || value > most)
    throw data_error({.what = "the number " + name + " of the state is out of range",
                      .expected = std::to_string(least) + " .. " + std::to_string(most),
                      .found = std::to_string(value)});
  return value;
}

const Array& StateReader::array(const std::string& name, DType dtype, const std::vector<std::int64_t>& shape) const {
  const Array& array = file_->at(name);
  bool right = array.dtype == dtype && array.shape.size() == shape.size();
  for (std::size_t i = 0; right && i < shape.size(); ++i) right = shape[i] < 0 || array.shape[i] == shape[i];
  if (!right)
    throw data_error({.what = "the tensor " + name + " of the state has the wrong shape or dtype",
                      .expected = std::string(dtype_name(dtype)) + " " + shape_text(shape),
                      .found = std::string(dtype_name(array.dtype)) + " " + shape_text(array.shape)});
  return array;
}

std::vector<double> StateReader::doubles(const std::string& name, const std::vector<std::int64_t>& shape) const {
  return to_doubles(array(name, DType::f64, shape), name);
}

LengthSums StateReader::length_sums(int features, int longest) const {
  const Array& lengths = array("lengths", DType::i64, {-1});
  const std::int64_t lengths_there = lengths.shape[0];
  const std::vector<int> own = to_ints(lengths, "lengths");
  const Array& counts = array("length_counts", DType::i64, {lengths_there});
  const std::vector<double> values = doubles("length_sums", {-1});
  LengthSums sums;
  std::size_t at = 0;
  for (std::size_t i = 0; i < own.size(); ++i) {
    std::int64_t count = 0;
    std::memcpy(&count, counts.bytes.data() + i * sizeof(count), sizeof(count));
    const std::size_t size = static_cast<std::size_t>(std::max(own[i], 0)) * static_cast<std::size_t>(features);
    if (own[i] < 1 || own[i] > longest || count < 1 || size > values.size() - at || sums.contains(own[i]))
      throw data_error({.what = "the sums of the state do not fit their lengths",
                        .expected = "each length once, 1 .. " + std::to_string(longest),
                        .found = "length " + std::to_string(own[i]) + ", " + std::to_string(count) + " rows"});
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(at);
    sums[own[i]] = {count, {from, from + static_cast<std::ptrdiff_t>(size)}};
    at += size;
  }
  if (at != values.size())
    throw data_error({.what = "the sums of the state do not fit their lengths",
                      .expected = std::to_string(at) + " values",
                      .found = std::to_string(values.size())});
  return sums;
}

}  // namespace hysteron
