#include "settings/setting_value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "foundation/utf8.hpp"

namespace hysteron {

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

namespace {

constexpr std::uint32_t first_byte_letter = 0x10FE00;

std::optional<std::int64_t> integer_in(std::string text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.erase(0, 1);
  std::erase(text, '_');  // 10_000, as in TOML
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> real_in(std::string text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.erase(0, 1);
  std::erase(text, '_');
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::vector<double>> numbers_in(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  std::vector<double> numbers;
  if (trimmed(text).empty()) return numbers;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::optional<double> number = real_in(trimmed(text.substr(0, comma)));
    if (!number) return std::nullopt;
    numbers.push_back(*number);
    if (comma == std::string_view::npos) return numbers;
    text.remove_prefix(comma + 1);
  }
}

std::string unquoted(const std::string& text) {
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

bool within(double value, const SettingLimits& limits) {
  return std::isfinite(value) && (limits.least_excluded ? value > limits.least : value >= limits.least) &&
         (limits.most_excluded ? value < limits.most : value <= limits.most);
}

}  // namespace

std::optional<SettingValue> value_in(const std::string& text, const SettingValue& like) {
  const auto wrap = [](auto value) { return value ? std::optional<SettingValue>(*value) : std::nullopt; };
  switch (like.index()) {
    case 0:
      return text == "true"    ? std::optional<SettingValue>(true)
             : text == "false" ? std::optional<SettingValue>(false)
                               : std::nullopt;
    case 1:
      return wrap(integer_in(text));
    case 2:
      return wrap(real_in(text));
    case 3:
      return unquoted(text);
    default:
      return wrap(numbers_in(text));
  }
}

std::string expectation(const SettingValue& like, const SettingLimits& limits) {
  constexpr const char* kinds[] = {"true or false", "an integer", "a real number", "a string", "a list of numbers"};
  std::string text = kinds[like.index()];
  const auto number = [&](double value) {
    return like.index() == 1 ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
  };
  const bool least = std::isfinite(limits.least), most = std::isfinite(limits.most);
  if (least && most && !limits.least_excluded && !limits.most_excluded)
    return text + fmt::format(" from {} to {}", number(limits.least), number(limits.most));
  if (least) text += fmt::format(" {} {}", limits.least_excluded ? "above" : "of at least", number(limits.least));
  if (most)
    text +=
        fmt::format("{} {} {}", least ? " and" : "", limits.most_excluded ? "below" : "at most", number(limits.most));
  return text;
}

bool within(const SettingValue& value, const SettingLimits& limits) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return within(static_cast<double>(*integer), limits);
  if (const auto* real = std::get_if<double>(&value)) return within(*real, limits);
  if (const auto* list = std::get_if<std::vector<double>>(&value))
    return std::all_of(list->begin(), list->end(), [&](double number) { return within(number, limits); });
  return true;
}

std::string toml_of(const SettingValue& value) {
  struct Write {
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t integer) const { return std::to_string(integer); }
    std::string operator()(double real) const { return number_text(real); }
    std::string operator()(const std::string& text) const { return quoted_toml(text); }
    std::string operator()(const std::vector<double>& list) const {
      std::string text = "[";
      for (const double number : list) text += (text.size() > 1 ? ", " : "") + number_text(number);
      return text + "]";
    }
  };
  return std::visit(Write{}, value);
}

std::string_view kind_of(const SettingValue& value) {
  static constexpr std::string_view kinds[] = {"true or false", "an integer", "a real number", "a string", "a list"};
  static_assert(std::size(kinds) == std::variant_size_v<SettingValue>);
  return kinds[value.index()];
}

std::string quoted_toml(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = letter_at(text, at);
    if (bytes == 0)
      append_letter(quoted, first_byte_letter + static_cast<unsigned char>(text[at]));
    else if (code == '"' || code == '\\')
      quoted += std::string("\\") + text[at];
    else if (code < 0x20 || code == 0x7F)
      quoted += fmt::format("\\u{:04X}", code);
    else
      quoted += text.substr(at, bytes);
    at += std::max<std::size_t>(bytes, 1);
  }
  return quoted + "\"";
}

std::string unquoted_bytes(std::string_view text) {
  std::string unquoted;
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = letter_at(text, at);
    if (code >= first_byte_letter + 0x80 && code <= first_byte_letter + 0xFF)
      unquoted += static_cast<char>(code - first_byte_letter);
    else
      unquoted += text.substr(at, std::max<std::size_t>(bytes, 1));
    at += std::max<std::size_t>(bytes, 1);
  }
  return unquoted;
}

std::string number_text(double value) {
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  std::string text(digits, end);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace hysteron
