#include "records/settings_toml.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
// A parser that reports instead of throwing, so that nothing here catches. What it asserts, or has the optimizer
// assume, a wrong file can violate (3.3: "[*x]"); behind each it has a check that reports.
#define TOML_EXCEPTIONS 0
#define TOML_ASSERT(expression) static_assert(true)
#undef NDEBUG
#define TOML_ENABLE_FORMATTERS 1
#include <toml++/toml.h>

#include "records/setting_value.hpp"

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
  if (const auto* value = node.as_string()) return value->get();
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
  if (const auto* value = node.as_string()) return quoted_toml(value->get());
  std::ostringstream text;
  node.visit([&](const auto& value) { text << value; });
  return text.str();
}

Error invalid(const std::string& name, std::string_view found, std::size_t line, std::size_t column) {
  return usage_error({.what = fmt::format("{} is not valid TOML", name),
                      .expected = "",
                      .found = fmt::format("{} (line {}, column {})", found, line, column),
                      .hint = "a text needs quotes: cell = \"gru\""});
}

/// Where a space may stand, the parser (3.3) runs into undefined behavior at many a letter that is not ASCII's. None is
/// valid there, so they are refused before: all outside of strings and comments, and those that follow a backslash, at
/// once or at the beginning of the next line.
class LetterCheck {
 public:
  LetterCheck(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  void run() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    while (at_ < text_.size()) {
      if (text_[at_] == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_[at_] == '"' || text_[at_] == '\'') {
        pass_string(text_[at_]);
      } else {
        expect_ascii(at_);
        ++at_;
      }
    }
  }

 private:
  void pass_string(char quote) {
    const std::string several(3, quote);
    const bool lines = text_.substr(at_).starts_with(several);
    const std::string_view end = std::string_view(several).substr(0, lines ? 3 : 1);
    for (at_ += end.size(); at_ < text_.size(); ++at_) {
      if (text_.substr(at_).starts_with(end)) {
        at_ += end.size();
        for (int more = 0; lines && more < 2 && text_.substr(at_).starts_with(quote); ++more)
          ++at_;  // quotes at its end
        return;
      }
      if (!lines && text_[at_] == '\n') return;
      if (text_[at_] != '\\' || quote == '\'') continue;
      const std::size_t next = lines ? text_.find_first_not_of(" \t\r\n\v\f", at_ + 1) : at_ + 1;
      if (next >= text_.size()) break;
      expect_ascii(next);
      at_ = next == at_ + 1 ? next : next - 1;
    }
    at_ = text_.size();
  }
  void expect_ascii(std::size_t at) const {
    if (static_cast<unsigned char>(text_[at]) < 0x80) return;
    const std::string_view before = text_.substr(0, at);
    const auto line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    throw invalid(name_, "a letter that is not ASCII, outside of quotes", line, at - line_start + 1);
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
};

void visit(const toml::table& table, const std::string& prefix, const std::function<void(TomlLeaf)>& leaf,
           const std::function<void(TomlSection)>& section) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
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
  LetterCheck(text, name).run();
  const toml::parse_result result = toml::parse(text, name);
  if (!result) {
    const toml::parse_error& error = result.error();
    throw invalid(name, error.description(), error.source().begin.line, error.source().begin.column);
  }
  visit(result.table(), "", leaf, section);
}

}  // namespace hysteron
