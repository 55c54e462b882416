#include "records/checkpoint.hpp"

#include <type_traits>

#include "records/json.hpp"
#include "records/safetensors.hpp"

namespace hysteron {
namespace {

constexpr std::string_view format = "hysteron-checkpoint/1";

std::int64_t extent(std::size_t size) { return static_cast<std::int64_t>(size); }

Json failures_json(const std::vector<std::optional<Failure>>& failures) {
  Json list = Json::array();
  for (const std::optional<Failure>& failure : failures)
    list.push_back(failure ? Json{{"update", failure->update}, {"where", failure->where}} : Json());
  return list;
}

Error damaged(std::string what, std::string expected, std::string found) {
  return data_error({.what = std::move(what),
                     .expected = std::move(expected),
                     .found = std::move(found),
                     .hint = "the checkpoint cannot be resumed; train anew with another --out"});
}

// The values are kept as they were, not-a-numbers included: to_doubles would refuse those.
template <class Value>
std::vector<Value> values_of(const Safetensors& file, std::string_view name, DType dtype, std::size_t count) {
  const Array& array = file.at(name);
  if (array.dtype != dtype || array.size() != count)
    throw damaged("\"" + std::string(name) + "\" of the checkpoint does not fit the run",
                  std::to_string(count) + " values of " + std::string(dtype_name(dtype)),
                  std::to_string(array.size()) + " of " + std::string(dtype_name(array.dtype)));
  std::vector<Value> values(count);
  std::copy_n(array.bytes.data(), array.bytes.size(), reinterpret_cast<std::byte*>(values.data()));
  return values;
}

}  // namespace

template <class Real>
void write_checkpoint(const std::filesystem::path& path, const TrainerState<Real>& state) {
  const std::int64_t replicas = extent(state.loss_sum.size()), size = extent(state.values.size()) / replicas;
  Safetensors file;
  file.metadata = {{"format", std::string(format)}, {"failures", json_line(failures_json(state.failures))}};
  const auto add = [&](const char* name, std::vector<std::int64_t> shape, const auto& values) {
    file.tensors.push_back({name, make_array(std::move(shape), values)});
  };
  add("counts", {2}, std::vector<std::int64_t>{state.update, state.summed});
  add("best_update", {replicas}, state.best_update);
  add("loss_sum", {replicas}, state.loss_sum);
  add("train_loss", {replicas}, state.train_loss);
  add("best_loss", {replicas}, state.best_loss);
  add("values", {replicas, size}, state.values);
  add("best", {replicas, size}, state.best);
  add("first_moment", {replicas, size}, state.first_moment);
  add("second_moment", {replicas, size}, state.second_moment);
  write_safetensors(path, file);
}

template <class Real>
TrainerState<Real> read_checkpoint(const std::filesystem::path& path, int replicas, std::ptrdiff_t size) {
  return doing("reading the checkpoint " + path.string(), [&] {
    const Safetensors file = read_safetensors(path);
    const auto found = file.metadata.find("format");
    if (found == file.metadata.end() || found->second != format)
      throw damaged("the file is not a checkpoint", std::string(format),
                    found == file.metadata.end() ? "no format" : found->second);
    const DType real = std::is_same_v<Real, float> ? DType::f32 : DType::f64;
    const std::size_t count = static_cast<std::size_t>(replicas), block = count * static_cast<std::size_t>(size);
    TrainerState<Real> state;
    const auto counts = values_of<std::int64_t>(file, "counts", DType::i64, 2);
    state.update = counts[0];
    state.summed = counts[1];
    state.best_update = values_of<std::int64_t>(file, "best_update", DType::i64, count);
    state.loss_sum = values_of<double>(file, "loss_sum", DType::f64, count);
    state.train_loss = values_of<double>(file, "train_loss", DType::f64, count);
    state.best_loss = values_of<double>(file, "best_loss", DType::f64, count);
    state.values = values_of<Real>(file, "values", real, block);
    state.best = values_of<Real>(file, "best", real, block);
    state.first_moment = values_of<Real>(file, "first_moment", real, block);
    state.second_moment = values_of<Real>(file, "second_moment", real, block);
    state.failures.resize(count);
    const auto text = file.metadata.find("failures");
    const Json failures = parse_json(text == file.metadata.end() ? "" : text->second, "the checkpoint's failures");
    if (!failures.is_array() || failures.size() != count)
      throw damaged("the checkpoint's failures do not fit the run", std::to_string(count) + " entries",
                    failures.dump());
    for (std::size_t r = 0; r < count; ++r)
      if (failures[r].is_object())
        state.failures[r] =
            Failure{failures[r].value("update", std::int64_t{0}), failures[r].value("where", std::string())};
    return state;
  });
}

template void write_checkpoint(const std::filesystem::path&, const TrainerState<float>&);
template void write_checkpoint(const std::filesystem::path&, const TrainerState<double>&);
template TrainerState<float> read_checkpoint(const std::filesystem::path&, int, std::ptrdiff_t);
template TrainerState<double> read_checkpoint(const std::filesystem::path&, int, std::ptrdiff_t);

}  // namespace hysteron
