#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <hysteron/error.hpp>

#include "files/json.hpp"

namespace hysteron {

/// A JSON object whose members must be present and of the right kind. A member that is missing or of another kind is a
/// data error that says where.
class JsonObject {
 public:
  /// json must outlive it. where: "runs/x/result.json"; hint: the way out, in every error.
  JsonObject(const Json& json, std::string where, std::string hint);

  const Json& json() const { return *json_; }
  bool has(const char* key) const { return json_->contains(key); }
  std::string text(const char* key) const;
  std::string text_or_none(const char* key) const { return has(key) ? text(key) : ""; }
  std::uint64_t count(const char* key) const;
  double number(const char* key) const;
  const Json& list(const char* key) const;
  std::vector<std::string> texts(const char* key) const;
  std::vector<double> numbers(const char* key) const;  ///< null: NaN
  Error wrong(const std::string& key, std::string expected, std::string found) const;

 private:
  const Json& member(const char* key, const char* kind) const;

  const Json* json_;
  std::string where_, hint_;
};

}  // namespace hysteron
