#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <hysteron/settings.hpp>

namespace hysteron {

std::string trimmed(std::string_view text);

/// A value from the environment or the command line, as the type of `like`; none: it is not of that type.
std::optional<SettingValue> value_in(const std::string& text, const SettingValue& like);

/// "an integer from 1 to 4096".
std::string expectation(const SettingValue& like, const SettingLimits& limits);

/// Whether the numbers are finite and within the limits; texts and flags always are.
bool within(const SettingValue& value, const SettingLimits& limits);

std::string toml_of(const SettingValue& value);
std::string_view kind_of(const SettingValue& value);  ///< "an integer"

/// A basic string of TOML. TOML is UTF-8 throughout, paths are bytes: a byte that is no UTF-8 becomes a letter of a
/// plane for private use, from U+10FE80 on, and unquoted_bytes turns what was read back into bytes.
std::string quoted_toml(std::string_view text);
std::string unquoted_bytes(std::string_view text);
std::string number_text(double value);  ///< the shortest that reads back the same, always with a point or exponent

}  // namespace hysteron
