#pragma once
#include <string>

#include "files/json.hpp"
#include "runs/self_test.hpp"

namespace hysteron {

/// What `hysteron device check` prints: one JSON object a line, as each test begins and as it ends, then {"ends":
/// true}.
struct SelfTestLine {
  enum class Kind { begins, result, ends } kind = Kind::ends;
  SelfTestResult result = {};  ///< of a test that begins: its name and schedule
};

Json begin_json(const SelfTest& test);
Json json_of(const SelfTestResult& result);
Json end_json();

/// Both throw a data error for what is none; where: "devices.json".
SelfTestLine self_test_line(const std::string& line);
SelfTestResult self_test_result(const Json& json, const std::string& where);

}  // namespace hysteron
