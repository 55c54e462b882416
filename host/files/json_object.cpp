#include "files/json_object.hpp"

#include <limits>

namespace hysteron {

JsonObject::JsonObject(const Json& json, std::string where, std::string hint)
    : json_(&json), where_(std::move(where)), hint_(std::move(hint)) {
  if (!json.is_object()) throw wrong("", "an object {..}", json.type_name());
}

std::string JsonObject::text(const char* key) const {
  const Json& value = member(key, "a text");
  if (!value.is_string()) throw wrong(key, "a text", value.type_name());
  return value.get<std::string>();
}

std::uint64_t JsonObject::count(const char* key) const {
  const Json& value = member(key, "a number");
  if (!value.is_number_integer() || value < 0) throw wrong(key, "a whole number from 0 on", json_line(value));
  return value.get<std::uint64_t>();
}

double JsonObject::number(const char* key) const {
  const Json& value = member(key, "a number");
  if (!value.is_number()) throw wrong(key, "a number", json_line(value));
  return value.get<double>();
}

const Json& JsonObject::list(const char* key) const {
  const Json& value = member(key, "a list");
  if (!value.is_array()) throw wrong(key, "a list", value.type_name());
  return value;
}

std::vector<std::string> JsonObject::texts(const char* key) const {
  std::vector<std::string> all;
  for (const Json& value : list(key)) {
    if (!value.is_string()) throw wrong(key, "a list of texts", json_line(value));
    all.push_back(value.get<std::string>());
  }
  return all;
}

std::vector<double> JsonObject::numbers(const char* key) const {
  std::vector<double> all;
  for (const Json& value : list(key)) {
    if (!value.is_number() && !value.is_null()) throw wrong(key, "a list of numbers", json_line(value));
    all.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
  }
  return all;
}

Error JsonObject::wrong(const std::string& key, std::string expected, std::string found) const {
  return data_error({.what = where_ + (key.empty() ? "" : ": " + key) + " is wrong",
                     .expected = std::move(expected),
                     .found = std::move(found),
                     .hint = hint_});
}

const Json& JsonObject::member(const char* key, const char* kind) const {
  const auto at = json_->find(key);
  if (at == json_->end()) throw wrong(key, kind, "nothing");
  return *at;
}

}  // namespace hysteron
