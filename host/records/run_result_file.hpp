#pragma once
#include <string>

#include <hysteron/run_result.hpp>

#include "files/json.hpp"

namespace hysteron {

/// A result as it is printed and kept. Other programs read it: its keys and their order are an interface.
Json json_of(const RunResult& result);

/// The result of a finished run. Unknown keys are ignored. Throws a data error that names the file and the key if a key
/// is missing or of another kind. name: "runs/x/result.json".
RunResult run_result_of(const Json& json, const std::string& name);

}  // namespace hysteron
