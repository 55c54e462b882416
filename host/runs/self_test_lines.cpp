#include "runs/self_test_lines.hpp"

#include "files/json_object.hpp"

namespace hysteron {

Json begin_json(const SelfTest& test) { return {{"begins", test.name}, {"schedule", test.schedule}}; }

Json json_of(const SelfTestResult& result) {
  return {{"test", result.name},
          {"schedule", result.schedule},
          {"error", result.error},
          {"ok", result.passed()},
          {"failure", result.failure}};
}

Json end_json() { return {{"ends", true}}; }

SelfTestResult self_test_result(const Json& json, const std::string& where) {
  const JsonObject entries(json, where, "hysteron info --device cuda tests the device again");
  return {.name = entries.text("test"),
          .schedule = entries.text("schedule"),
          .error = entries.has("error") && !json["error"].is_null() ? entries.number("error") : 0,
          .failure = entries.text("failure")};
}

SelfTestLine self_test_line(const std::string& line) {
  const std::string where = "a line of a self-test";
  const Json json = parse_json(line, where);
  const JsonObject entries(json, where, "a program of your own passes its arguments on to run_program");
  if (entries.has("ends")) return {.kind = SelfTestLine::Kind::ends};
  if (entries.has("begins"))
    return {.kind = SelfTestLine::Kind::begins,
            .result = {.name = entries.text("begins"), .schedule = entries.text("schedule")}};
  return {.kind = SelfTestLine::Kind::result, .result = self_test_result(json, where)};
}

}  // namespace hysteron
