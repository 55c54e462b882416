#include "records/checkpoint.hpp"

#include <type_traits>

#include "records/json.hpp"
#include "records/safetensors.hpp"

namespace hysteron {
namespace {

constexpr std::string_view supervised = "hysteron-checkpoint/1", q_learning = "hysteron-q-checkpoint/1";

std::int64_t extent(std::size_t size) { return static_cast<std::int64_t>(size); }

std::string failures_text(const std::vector<std::optional<Failure>>& failures) {
  Json list = Json::array();
  for (const std::optional<Failure>& failure : failures)
    list.push_back(failure ? Json{{"update", failure->update}, {"where", failure->where}} : Json());
  return json_line(list);
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

template <class Real>
constexpr DType dtype_of = std::is_same_v<Real, float> ? DType::f32 : DType::f64;

Safetensors read(const std::filesystem::path& path, std::string_view format) {
  Safetensors file = read_safetensors(path);
  const auto found = file.metadata.find("format");
  if (found == file.metadata.end() || found->second != format)
    throw damaged("the file is not a checkpoint of this kind of training", std::string(format),
                  found == file.metadata.end() ? "no format" : found->second);
  return file;
}

std::vector<std::optional<Failure>> failures_of(const Safetensors& file, std::size_t replicas) {
  const auto text = file.metadata.find("failures");
  const Json list = parse_json(text == file.metadata.end() ? "" : text->second, "the checkpoint's failures");
  if (!list.is_array() || list.size() != replicas)
    throw damaged("the checkpoint's failures do not fit the run", std::to_string(replicas) + " entries", list.dump());
  std::vector<std::optional<Failure>> failures(replicas);
  for (std::size_t r = 0; r < replicas; ++r)
    if (list[r].is_object())
      failures[r] = Failure{list[r].value("update", std::int64_t{0}), list[r].value("where", std::string())};
  return failures;
}

/// Episodes as numbers: for each the replica, the start, how many actions; then all actions, one episode's after the
/// other's.
struct EpisodeNumbers {
  std::vector<std::int64_t> heads, actions;  // [episodes, 3], [actions]
};

EpisodeNumbers numbers_of(const std::vector<std::vector<Episode>>& episodes) {
  EpisodeNumbers numbers;
  for (std::size_t r = 0; r < episodes.size(); ++r) {
    for (const Episode& episode : episodes[r]) {
      numbers.heads.insert(numbers.heads.end(), {extent(r), episode.start, episode.steps()});
      numbers.actions.insert(numbers.actions.end(), episode.actions.begin(), episode.actions.end());
    }
  }
  return numbers;
}

std::vector<std::vector<Episode>> episodes_of(const Safetensors& file, const Environment& environment, int replicas) {
  const std::size_t heads_size = file.at("episodes").size(), actions_size = file.at("actions").size();
  const auto heads = values_of<std::int64_t>(file, "episodes", DType::i64, heads_size),
             actions = values_of<std::int64_t>(file, "actions", DType::i64, actions_size);
  std::vector<std::vector<Episode>> episodes(static_cast<std::size_t>(replicas));
  std::size_t at = 0;
  for (std::size_t head = 0; head + 2 < heads.size(); head += 3) {
    const std::int64_t replica = heads[head], count = heads[head + 2];
    if (replica < 0 || replica >= replicas || count < 0 || static_cast<std::size_t>(count) > actions.size() - at)
      throw damaged("the episodes of the checkpoint do not fit the run",
                    std::to_string(replicas) + " replicas, " + std::to_string(actions.size()) + " actions",
                    "an episode of replica " + std::to_string(replica) + " with " + std::to_string(count) + " actions");
    const auto from = actions.begin() + static_cast<std::ptrdiff_t>(at);
    const std::vector<int> own(from, from + count);
    episodes[static_cast<std::size_t>(replica)].push_back(
        episode_of(environment, static_cast<int>(heads[head + 1]), own));
    at += static_cast<std::size_t>(count);
  }
  return episodes;
}

}  // namespace

template <class Real>
void write_checkpoint(const std::filesystem::path& path, const TrainerState<Real>& state) {
  const std::int64_t replicas = extent(state.loss_sum.size()), size = extent(state.values.size()) / replicas;
  Safetensors file;
  file.metadata = {{"format", std::string(supervised)}, {"failures", failures_text(state.failures)}};
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
    const Safetensors file = read(path, supervised);
    const std::size_t count = static_cast<std::size_t>(replicas), block = count * static_cast<std::size_t>(size);
    TrainerState<Real> state;
    const auto counts = values_of<std::int64_t>(file, "counts", DType::i64, 2);
    state.update = counts[0];
    state.summed = counts[1];
    state.best_update = values_of<std::int64_t>(file, "best_update", DType::i64, count);
    state.loss_sum = values_of<double>(file, "loss_sum", DType::f64, count);
    state.train_loss = values_of<double>(file, "train_loss", DType::f64, count);
    state.best_loss = values_of<double>(file, "best_loss", DType::f64, count);
    state.values = values_of<Real>(file, "values", dtype_of<Real>, block);
    state.best = values_of<Real>(file, "best", dtype_of<Real>, block);
    state.first_moment = values_of<Real>(file, "first_moment", dtype_of<Real>, block);
    state.second_moment = values_of<Real>(file, "second_moment", dtype_of<Real>, block);
    state.failures.resize(count);
    state.failures = failures_of(file, count);
    return state;
  });
}

template <class Real>
void write_checkpoint(const std::filesystem::path& path, const QTrainerState<Real>& state) {
  const std::int64_t replicas = extent(state.loss_sum.size()), size = extent(state.values.size()) / replicas;
  Safetensors file;
  file.metadata = {{"format", std::string(q_learning)}, {"failures", failures_text(state.failures)}};
  const auto add = [&](const char* name, std::vector<std::int64_t> shape, const auto& values) {
    file.tensors.push_back({name, make_array(std::move(shape), values)});
  };
  std::vector<double> returns;
  std::vector<std::int64_t> records;
  for (const PolicyRecord& record : state.records) {
    returns.insert(returns.end(), {record.last_return, record.best_return, record.best_discounted_return});
    records.insert(records.end(), {record.best_episode, record.first_optimal_episode, record.optimal_episode});
  }
  const EpisodeNumbers numbers = numbers_of(state.episodes);
  add("counts", {3}, std::vector<std::int64_t>{state.episode, state.update, state.summed});
  add("loss_sum", {replicas}, state.loss_sum);
  add("train_loss", {replicas}, state.train_loss);
  add("returns", {replicas, 3}, returns);
  add("records", {replicas, 3}, records);
  add("values", {replicas, size}, state.values);
  add("best", {replicas, size}, state.best);
  add("target", {replicas, size}, state.target);
  add("first_moment", {replicas, size}, state.first_moment);
  add("second_moment", {replicas, size}, state.second_moment);
  add("episodes", {extent(numbers.heads.size()) / 3, 3}, numbers.heads);
  add("actions", {extent(numbers.actions.size())}, numbers.actions);
  write_safetensors(path, file);
}

template <class Real>
QTrainerState<Real> read_q_checkpoint(const std::filesystem::path& path, const Environment& environment, int replicas,
                                      std::ptrdiff_t size) {
  return doing("reading the checkpoint " + path.string(), [&] {
    const Safetensors file = read(path, q_learning);
    const std::size_t count = static_cast<std::size_t>(replicas), block = count * static_cast<std::size_t>(size);
    QTrainerState<Real> state;
    const auto counts = values_of<std::int64_t>(file, "counts", DType::i64, 3);
    state.episode = counts[0];
    state.update = counts[1];
    state.summed = counts[2];
    state.loss_sum = values_of<double>(file, "loss_sum", DType::f64, count);
    state.train_loss = values_of<double>(file, "train_loss", DType::f64, count);
    const auto returns = values_of<double>(file, "returns", DType::f64, 3 * count);
    const auto records = values_of<std::int64_t>(file, "records", DType::i64, 3 * count);
    for (std::size_t at = 0; at < 3 * count; at += 3)
      state.records.push_back({.last_return = returns[at],
                               .best_return = returns[at + 1],
                               .best_discounted_return = returns[at + 2],
                               .best_episode = records[at],
                               .first_optimal_episode = records[at + 1],
                               .optimal_episode = records[at + 2]});
    state.values = values_of<Real>(file, "values", dtype_of<Real>, block);
    state.best = values_of<Real>(file, "best", dtype_of<Real>, block);
    state.target = values_of<Real>(file, "target", dtype_of<Real>, block);
    state.first_moment = values_of<Real>(file, "first_moment", dtype_of<Real>, block);
    state.second_moment = values_of<Real>(file, "second_moment", dtype_of<Real>, block);
    state.episodes = episodes_of(file, environment, replicas);
    state.failures = failures_of(file, count);
    return state;
  });
}

template void write_checkpoint(const std::filesystem::path&, const TrainerState<float>&);
template void write_checkpoint(const std::filesystem::path&, const TrainerState<double>&);
template TrainerState<float> read_checkpoint(const std::filesystem::path&, int, std::ptrdiff_t);
template TrainerState<double> read_checkpoint(const std::filesystem::path&, int, std::ptrdiff_t);
template void write_checkpoint(const std::filesystem::path&, const QTrainerState<float>&);
template void write_checkpoint(const std::filesystem::path&, const QTrainerState<double>&);
template QTrainerState<float> read_q_checkpoint(const std::filesystem::path&, const Environment&, int, std::ptrdiff_t);
template QTrainerState<double> read_q_checkpoint(const std::filesystem::path&, const Environment&, int, std::ptrdiff_t);

}  // namespace hysteron
