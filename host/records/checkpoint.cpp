#include "records/checkpoint.hpp"

#include <type_traits>

#include "files/json.hpp"
#include "files/safetensors.hpp"

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

// The values are kept as they were, NaNs included: to_doubles would refuse those.
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
  expect_digest(file, path.string());
  const auto found = file.metadata.find("format");
  if (found == file.metadata.end() || found->second != format)
    throw damaged("the file is not a checkpoint of this kind of training", std::string(format),
                  found == file.metadata.end() ? "no format" : found->second);
  return file;
}

std::vector<std::optional<Failure>> failures_of(const Safetensors& file, std::size_t replicas) {
  const auto text = file.metadata.find("failures");
  const Json list = parse_json(text == file.metadata.end() ? "" : text->second, "the checkpoint's failures");
  const auto is_failure = [](const Json& one) {
    return one.is_null() || (one.is_object() && one.contains("update") && one["update"].is_number_integer() &&
                             one.contains("where") && one["where"].is_string());
  };
  if (!list.is_array() || list.size() != replicas || !std::ranges::all_of(list, is_failure))
    throw damaged("the checkpoint's failures do not fit the run", std::to_string(replicas) + " entries",
                  json_line(list));
  std::vector<std::optional<Failure>> failures(replicas);
  for (std::size_t r = 0; r < replicas; ++r)
    if (list[r].is_object())
      failures[r] = Failure{list[r].value("update", std::int64_t{0}), list[r].value("where", std::string())};
  return failures;
}

/// Episodes as numbers: replica, start and number of actions of each; then the actions of all, episode by episode.
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
  if (heads.size() % 3 != 0 || at != actions.size())
    throw damaged("the episodes of the checkpoint do not fit the run", std::to_string(at) + " actions",
                  std::to_string(actions.size()));
  return episodes;
}

void add(Safetensors& file, const char* name, std::vector<std::int64_t> shape, const auto& values) {
  file.tensors.push_back({name, make_array(std::move(shape), values)});
}

// The part that every kind of training has. counts: what else this kind counts, placed before update and summed.
template <class Real>
Safetensors file_of(const OptimizationState<Real>& state, std::string_view format, std::vector<std::int64_t> counts) {
  const std::int64_t replicas = extent(state.loss_sum.size()), size = extent(state.values.size()) / replicas;
  Safetensors file;
  file.metadata = {{"format", std::string(format)}, {"failures", failures_text(state.failures)}, {digest_key, ""}};
  counts.insert(counts.end(), {state.update, state.summed});
  add(file, "counts", {extent(counts.size())}, counts);
  add(file, "loss_sum", {replicas}, state.loss_sum);
  add(file, "train_loss", {replicas}, state.train_loss);
  add(file, "values", {replicas, size}, state.values);
  add(file, "best", {replicas, size}, state.best);
  add(file, "first_moment", {replicas, size}, state.first_moment);
  add(file, "second_moment", {replicas, size}, state.second_moment);
  return file;
}

// Returns what this kind counts.
template <class Real>
std::vector<std::int64_t> read_into(OptimizationState<Real>& state, const Safetensors& file, std::size_t own_counts,
                                    std::size_t replicas, std::size_t values) {
  auto counts = values_of<std::int64_t>(file, "counts", DType::i64, own_counts + 2);
  for (const std::int64_t count : counts)
    if (count < 0) throw damaged("a count of the checkpoint is wrong", "numbers from 0 on", std::to_string(count));
  state.update = counts[own_counts];
  state.summed = counts[own_counts + 1];
  counts.resize(own_counts);
  state.loss_sum = values_of<double>(file, "loss_sum", DType::f64, replicas);
  state.train_loss = values_of<double>(file, "train_loss", DType::f64, replicas);
  state.values = values_of<Real>(file, "values", dtype_of<Real>, values);
  state.best = values_of<Real>(file, "best", dtype_of<Real>, values);
  state.first_moment = values_of<Real>(file, "first_moment", dtype_of<Real>, values);
  state.second_moment = values_of<Real>(file, "second_moment", dtype_of<Real>, values);
  state.failures = failures_of(file, replicas);
  return counts;
}

}  // namespace

template <class Real>
void write_checkpoint(const std::filesystem::path& path, const TrainerState<Real>& state) {
  const std::int64_t replicas = extent(state.loss_sum.size());
  Safetensors file = file_of(state, supervised, {});
  add(file, "best_update", {replicas}, state.best_update);
  add(file, "best_loss", {replicas}, state.best_loss);
  write_safetensors(path, file);
}

template <class Real>
TrainerState<Real> read_checkpoint(const std::filesystem::path& path, int replicas, std::ptrdiff_t size) {
  return doing("reading the checkpoint " + path.string(), [&] {
    const Safetensors file = read(path, supervised);
    const std::size_t count = static_cast<std::size_t>(replicas);
    TrainerState<Real> state;
    read_into(state, file, 0, count, count * static_cast<std::size_t>(size));
    state.best_update = values_of<std::int64_t>(file, "best_update", DType::i64, count);
    state.best_loss = values_of<double>(file, "best_loss", DType::f64, count);
    return state;
  });
}

template <class Real>
void write_checkpoint(const std::filesystem::path& path, const QTrainerState<Real>& state) {
  const std::int64_t replicas = extent(state.loss_sum.size()), size = extent(state.target.size()) / replicas;
  std::vector<double> returns;
  std::vector<std::int64_t> records;
  for (const PolicyRecord& record : state.records) {
    returns.insert(returns.end(), {record.last_return, record.best_return, record.best_discounted_return});
    records.insert(records.end(), {record.best_episode, record.first_optimal_episode, record.optimal_episode});
  }
  const EpisodeNumbers numbers = numbers_of(state.episodes);
  Safetensors file = file_of(state, q_learning, {state.episode});
  add(file, "returns", {replicas, 3}, returns);
  add(file, "records", {replicas, 3}, records);
  add(file, "target", {replicas, size}, state.target);
  add(file, "episodes", {extent(numbers.heads.size()) / 3, 3}, numbers.heads);
  add(file, "actions", {extent(numbers.actions.size())}, numbers.actions);
  write_safetensors(path, file);
}

template <class Real>
QTrainerState<Real> read_q_checkpoint(const std::filesystem::path& path, const Environment& environment, int replicas,
                                      std::ptrdiff_t size) {
  return doing("reading the checkpoint " + path.string(), [&] {
    const Safetensors file = read(path, q_learning);
    const std::size_t count = static_cast<std::size_t>(replicas), values = count * static_cast<std::size_t>(size);
    QTrainerState<Real> state;
    state.episode = read_into(state, file, 1, count, values)[0];
    const auto returns = values_of<double>(file, "returns", DType::f64, 3 * count);
    const auto records = values_of<std::int64_t>(file, "records", DType::i64, 3 * count);
    for (std::size_t at = 0; at < 3 * count; at += 3)
      state.records.push_back({.last_return = returns[at],
                               .best_return = returns[at + 1],
                               .best_discounted_return = returns[at + 2],
                               .best_episode = records[at],
                               .first_optimal_episode = records[at + 1],
                               .optimal_episode = records[at + 2]});
    state.target = values_of<Real>(file, "target", dtype_of<Real>, values);
    state.episodes = episodes_of(file, environment, replicas);
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
