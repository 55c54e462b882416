#pragma once
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace hysteron {

/// Keys stay in the order in which they were written.
using Json = nlohmann::ordered_json;

/// Strict JSON (RFC 8259): a key that occurs twice in one object, other text after the value and nesting deeper than 64
/// are rejected. Throws a data error with the position. Spaces around the value are fine.
Json parse_json(std::string_view text, const std::string& name);

/// The value on one line, with null for numbers that are not finite. Bytes that are no UTF-8, which paths may have but
/// JSON may not, become U+FFFD.
std::string json_line(const Json& json);
/// The same in lines, two spaces a level.
std::string json_lines(const Json& json);

}  // namespace hysteron
