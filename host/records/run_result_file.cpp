#include "records/run_result_file.hpp"

#include <fmt/format.h>

#include "files/json_object.hpp"
#include "records/run_folder.hpp"

namespace hysteron {
namespace {

template <class Value>
Json value_or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

template <class Value>
Json values_or_null(const std::vector<std::optional<Value>>& values) {
  Json list = Json::array();
  for (const std::optional<Value>& value : values) list.push_back(value_or_null(value));
  return list;
}

Json failures_json(const std::vector<FailedReplica>& failures) {
  Json list = Json::array();
  for (const FailedReplica& failed : failures)
    list.push_back({{"replica", failed.replica}, {"update", failed.update}, {"where", failed.where}});
  return list;
}

Json json_of_every_run(const RunResult& result) {
  return {{"task", result.task},
          {"cell", result.cell},
          {"structure", result.structure},
          {"init", result.init},
          {"compat", result.compat},
          {"replicas", result.replicas},
          {"steps", result.steps},
          {"vaa_before", result.vaa_drawn},
          {"vaa_start", result.vaa_start},
          {"vaa", result.vaa_end},
          {"failures", failures_json(result.failures)}};
}

Json json_of_predictions(const RunResult& result) {
  const PredictionResult& of = *result.predictions;
  return {{"train_loss", result.train_loss},
          {"valid_loss", of.valid_loss},
          {"best_step", of.best_step},
          {"test_loss", of.test_loss},
          {"test_accuracy", of.test_accuracy},
          {"solved", values_or_null(result.solved)},
          {"trivial_loss", value_or_null(of.trivial_loss)},
          {"solved_loss", value_or_null(of.solved_loss)},
          {"solved_accuracy", value_or_null(of.solved_accuracy)}};
}

// Programs that read it also find the losses and accuracies of predictions, as empty lists.
Json json_of_policies(const RunResult& result) {
  const PolicyResult& of = *result.policies;
  const Json none = Json::array(), optimal = values_or_null(result.solved);
  return {{"episodes", of.episodes},
          {"train_loss", result.train_loss},
          {"valid_loss", none},
          {"test_loss", none},
          {"test_accuracy", none},
          {"return", of.last_return},
          {"optimal", optimal},
          {"first_optimal_episode", values_or_null(of.first_optimal_episode)},
          {"optimal_episode", values_or_null(of.optimal_episode)},
          {"best_return", of.best_return},
          {"best_episode", values_or_null(of.best_episode)},
          {"solved", optimal},
          {"optimal_return", of.optimal_return},
          {"memoryless_return", of.memoryless_return}};
}

/// The entries of a list, one per replica, or none if it is missing or empty.
const Json& entries_of_replicas(const JsonObject& result, const char* key, const char* kind,
                                bool (*fits)(const Json&)) {
  static const Json none = Json::array();
  if (!result.has(key)) return none;
  const Json& list = result.list(key);
  for (const Json& entry : list)
    if (!fits(entry)) throw result.wrong(key, std::string("a list of ") + kind, json_line(entry));
  if (!list.empty() && list.size() != result.count("replicas"))
    throw result.wrong(key, fmt::format("{} values, one a replica, or none", result.count("replicas")),
                       std::to_string(list.size()));
  return list;
}

std::vector<double> numbers_of_replicas(const JsonObject& result, const char* key) {
  const auto fits = [](const Json& entry) { return entry.is_number() || entry.is_null(); };
  return entries_of_replicas(result, key, "numbers", fits).empty() ? std::vector<double>() : result.numbers(key);
}

std::vector<std::int64_t> steps_of_replicas(const JsonObject& result, const char* key) {
  const auto fits = [](const Json& entry) { return entry.is_number_integer(); };
  return entries_of_replicas(result, key, "whole numbers", fits).get<std::vector<std::int64_t>>();
}

PolicyResult::Episodes episodes_of_replicas(const JsonObject& result, const char* key) {
  const auto fits = [](const Json& entry) { return entry.is_number_integer() || entry.is_null(); };
  PolicyResult::Episodes all;
  for (const Json& entry : entries_of_replicas(result, key, "whole numbers", fits))
    all.push_back(entry.is_null() ? std::nullopt : std::optional(entry.get<std::int64_t>()));
  return all;
}

std::vector<std::optional<bool>> flags_of_replicas(const JsonObject& result, const char* key) {
  const auto fits = [](const Json& entry) { return entry.is_boolean() || entry.is_null(); };
  std::vector<std::optional<bool>> all;
  for (const Json& entry : entries_of_replicas(result, key, "true and false", fits))
    all.push_back(entry.is_null() ? std::nullopt : std::optional(entry.get<bool>()));
  return all;
}

std::optional<double> level_in(const JsonObject& result, const char* key) {
  if (!result.has(key) || result.json()[key].is_null()) return std::nullopt;
  return result.number(key);
}

std::vector<FailedReplica> failures_in(const JsonObject& result, const std::string& name) {
  std::vector<FailedReplica> all;
  if (!result.has("failures")) return all;
  for (const Json& json : result.list("failures")) {
    const JsonObject failed(json, name + ": failures", damaged_record);
    all.push_back({.replica = static_cast<int>(failed.count("replica")),
                   .update = static_cast<std::int64_t>(failed.count("update")),
                   .where = failed.text("where")});
  }
  return all;
}

PredictionResult predictions_in(const JsonObject& result) {
  return {.valid_loss = numbers_of_replicas(result, "valid_loss"),
          .best_step = steps_of_replicas(result, "best_step"),
          .test_loss = numbers_of_replicas(result, "test_loss"),
          .test_accuracy = numbers_of_replicas(result, "test_accuracy"),
          .trivial_loss = level_in(result, "trivial_loss"),
          .solved_loss = level_in(result, "solved_loss"),
          .solved_accuracy = level_in(result, "solved_accuracy")};
}

PolicyResult policies_in(const JsonObject& result) {
  return {.episodes = static_cast<std::int64_t>(result.count("episodes")),
          .last_return = numbers_of_replicas(result, "return"),
          .best_return = numbers_of_replicas(result, "best_return"),
          .best_episode = episodes_of_replicas(result, "best_episode"),
          .first_optimal_episode = episodes_of_replicas(result, "first_optimal_episode"),
          .optimal_episode = episodes_of_replicas(result, "optimal_episode"),
          .optimal_return = result.number("optimal_return"),
          .memoryless_return = result.number("memoryless_return")};
}

}  // namespace

Json json_of(const RunResult& result) {
  Json json{{"run", result.run}};
  if (result.stopped()) {
    json.update({{"stopped", true}, {"steps", result.steps}});
  } else {
    json.update(json_of_every_run(result));
    json.update(result.policies ? json_of_policies(result) : json_of_predictions(result));
  }
  json.update({{"seconds", result.seconds}, {"device", result.device}, {"seed", result.seed}});
  return json;
}

RunResult run_result_of(const Json& json, const std::string& name) {
  const JsonObject object(json, name, damaged_record);
  RunResult result;
  result.task = object.text("task");
  result.cell = object.text("cell");
  result.structure = object.text("structure");
  result.init = object.text("init");
  result.run = object.text_or_none("run");
  result.compat = object.text_or_none("compat");
  result.device = object.text_or_none("device");
  result.replicas = static_cast<int>(object.count("replicas"));
  result.seed = static_cast<std::int64_t>(object.count("seed"));
  result.steps = static_cast<std::int64_t>(object.has("steps") ? object.count("steps") : 0);
  result.seconds = object.number("seconds");
  result.vaa_drawn = numbers_of_replicas(object, "vaa_before");
  result.vaa_start = numbers_of_replicas(object, "vaa_start");
  result.vaa_end = numbers_of_replicas(object, "vaa");
  result.train_loss = numbers_of_replicas(object, "train_loss");
  result.solved = flags_of_replicas(object, "solved");
  result.failures = failures_in(object, name);
  if (object.has("return"))
    result.policies = policies_in(object);
  else
    result.predictions = predictions_in(object);
  return result;
}

}  // namespace hysteron
