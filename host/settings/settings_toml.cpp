#include "settings/settings_toml.hpp"

#include <sstream>

#include <fmt/format.h>
// The parser reports instead of throwing, so that nothing here catches. A wrong file can violate what it asserts, or
// has the optimizer assume (3.3: "[*x]"); behind each of these it has a check that reports.
#define TOML_EXCEPTIONS 0
#define TOML_ASSERT(expression) static_assert(true)
#undef NDEBUG
#define TOML_ENABLE_FORMATTERS 1
#include <toml++/toml.h>

#include "settings/setting_value.hpp"
#include "settings/shifted_letters.hpp"

namespace hysteron {
namespace {

std::string kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a real number";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a section";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

std::optional<SettingValue> value_of(const toml::node& node) {
  if (const auto* value = node.as_string()) return unquoted_bytes(unshift_letters(value->get()));
  if (const auto* value = node.as_integer()) return value->get();
  if (const auto* value = node.as_floating_point()) return value->get();
  if (const auto* value = node.as_boolean()) return value->get();
  if (const auto* list = node.as_array()) {
    std::vector<double> numbers;
    for (const toml::node& item : *list) {
      if (!item.is_number()) return std::nullopt;
      numbers.push_back(item.is_integer() ? static_cast<double>(item.as_integer()->get())
                                          : item.as_floating_point()->get());
    }
    return numbers;
  }
  return std::nullopt;
}

std::string text_of(const toml::node& node) {
  if (const auto* value = node.as_string()) return quoted_toml(unshift_letters(value->get()));
  std::ostringstream text;
  node.visit([&](const auto& value) { text << value; });
  return unshift_letters(text.str());
}

void visit(const toml::table& table, const std::string& prefix, const std::function<void(TomlLeaf)>& leaf,
           const std::function<void(TomlSection)>& section) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + unshift_letters(name.str());
    const int line = static_cast<int>(node.source().begin.line);
    if (const auto* inner = node.as_table()) {
      section({.name = key, .line = line});
      visit(*inner, key + ".", leaf, section);
    } else {
      leaf({.key = key, .value = value_of(node), .kind = kind_of(node), .text = text_of(node), .line = line});
    }
  }
}

}  // namespace

void visit_toml(std::string_view text, const std::string& name, const std::function<void(TomlLeaf)>& leaf,
                const std::function<void(TomlSection)>& section) {
  const toml::parse_result result = toml::parse(shift_letters(text, name), name);
  if (!result) {
    const toml::parse_error& error = result.error();
    throw usage_error({.what = fmt::format("{} is not valid TOML", name),
                       .found = fmt::format("{} (line {}, column {})", unshift_letters(error.description()),
                                            error.source().begin.line, error.source().begin.column),
                       .hint = error.description().find("parsing value") != std::string_view::npos
                                   ? "a text needs quotes: cell = \"gru\""
                                   : ""});
  }
  visit(result.table(), "", leaf, section);
}

}  // namespace hysteron
