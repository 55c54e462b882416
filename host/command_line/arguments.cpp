#include "command_line/arguments.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "runs/every_key.hpp"

namespace hysteron {
namespace {

/// A shell takes a tilde for the home folder at the beginning of a word, but not after an option's equals sign.
std::string with_home(std::string text) {
  const char* const home = std::getenv("HOME");
  return home && (text == "~" || text.starts_with("~/")) ? home + text.substr(1) : text;
}

// "-5" is a number, "-" a file.
bool looks_like_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && word[1] != '.' && !std::isdigit(static_cast<unsigned char>(word[1]));
}

std::string default_of(const Argument::Target& target) {
  const auto number = [](const auto& value) { return fmt::format("{}", value); };
  if (const auto* whole = std::get_if<int*>(&target)) return number(**whole);
  if (const auto* real = std::get_if<double*>(&target)) return number(**real);
  if (const auto* text = std::get_if<std::string*>(&target)) return **text;
  if (const auto* whole = std::get_if<std::optional<int>*>(&target); whole && **whole) return number(***whole);
  if (const auto* real = std::get_if<std::optional<double>*>(&target); real && **real) return number(***real);
  return "";
}

std::string kind_of(const Argument::Target& target) {
  if (std::holds_alternative<int*>(target) || std::holds_alternative<std::optional<int>*>(target)) return "N";
  if (std::holds_alternative<double*>(target) || std::holds_alternative<std::optional<double>*>(target)) return "X";
  return "TEXT";
}

}  // namespace

// --- One argument

Argument::Argument(const std::string& names, Target target, std::string description)
    : target_(target),
      description_(std::move(description)),
      default_(default_of(target)),
      value_name_(kind_of(target)) {
  for (std::size_t begin = 0; begin <= names.size();) {
    const std::size_t end = std::min(names.find(',', begin), names.size());
    names_.push_back(names.substr(begin, end - begin));
    begin = end + 1;
  }
}

Argument& Argument::required() { return required_ = true, default_.clear(), *this; }
Argument& Argument::needs(std::string other) { return needs_ = std::move(other), *this; }
Argument& Argument::excludes(std::vector<std::string> others) { return excludes_ = std::move(others), *this; }
Argument& Argument::range(double least, double most) { return least_ = least, most_ = most, *this; }
Argument& Argument::choices(std::vector<std::string> names) { return choices_ = std::move(names), *this; }
Argument& Argument::otherwise(std::string text) { return default_ = std::move(text), *this; }
Argument& Argument::known_values(std::vector<std::string> names) { return known_values_ = std::move(names), *this; }
Argument& Argument::one_each() { return one_each_ = true, *this; }
Argument& Argument::value_name(std::string name) { return value_name_ = std::move(name), *this; }

std::string Argument::usage() const {
  const std::string more = list() && !one_each_ ? "..." : "";
  if (positional()) return name() + more;
  return fmt::format("{}{}", fmt::join(names_, ", "), flag() ? "" : " " + value_name_ + more);
}

std::string Argument::description() const {
  std::string text = description_;
  if (!choices_.empty()) text += fmt::format(": {}", fmt::join(choices_, " | "));
  std::vector<std::string> notes;
  if (least_) notes.push_back(limits());
  if (!default_.empty()) notes.push_back("default: " + default_);
  if (required_) notes.push_back("required");
  return notes.empty() ? text : fmt::format("{} ({})", text, fmt::join(notes, "; "));
}

std::string Argument::limits() const {
  if (*most_ >= std::numeric_limits<int>::max()) return fmt::format("{} or more", *least_);
  return fmt::format("{} to {}", *least_, *most_);
}

template <class Number>
Number Argument::number_in(const std::string& text) const {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const char* const kind = std::is_integral_v<Number> ? "a whole number" : "a number";
  if (error != std::errc() || end != text.data() + text.size())
    throw usage_error({.what = name() + " is not " + kind,
                       .expected = least_ ? fmt::format("{}, {}", kind, limits()) : kind,
                       .found = fmt::format("\"{}\"", text)});
  if (least_ && !(number >= *least_ && number <= *most_))
    throw usage_error({.what = name() + " is out of range", .expected = limits(), .found = text});
  return number;
}

void Argument::take(const std::vector<std::string>& values) {
  ++times_;
  if (auto* all = std::get_if<std::vector<std::string>*>(&target_)) {
    (*all)->insert((*all)->end(), values.begin(), values.end());
    return;
  }
  if (auto* set = std::get_if<bool*>(&target_)) {
    **set = true;
    return;
  }
  const std::string& text = values.front();
  if (!choices_.empty() && std::find(choices_.begin(), choices_.end(), text) == choices_.end())
    throw unknown_name(name(), text, choices_);
  if (auto* given = std::get_if<std::string*>(&target_)) **given = text;
  if (auto* whole = std::get_if<int*>(&target_)) **whole = number_in<int>(text);
  if (auto* whole = std::get_if<std::optional<int>*>(&target_)) **whole = number_in<int>(text);
  if (auto* real = std::get_if<double*>(&target_)) **real = number_in<double>(text);
  if (auto* real = std::get_if<std::optional<double>*>(&target_)) **real = number_in<double>(text);
}

// --- All arguments

Argument& Arguments::add(const std::string& names, Argument::Target target, std::string description) {
  return all_.emplace_back(names, target, std::move(description));
}

Argument& Arguments::at(const std::string& name) {
  for (Argument& argument : all_)
    if (std::find(argument.names().begin(), argument.names().end(), name) != argument.names().end()) return argument;
  throw defect({.what = "an argument that was never added", .found = name});
}

Argument& Arguments::option_named(const std::string& name) {
  std::vector<std::string> known;
  for (Argument& argument : all_) {
    if (argument.positional()) continue;
    if (std::find(argument.names().begin(), argument.names().end(), name) != argument.names().end()) return argument;
    known.push_back(argument.name());
  }
  known.push_back("--help");
  ErrorText text = unknown_name("option", name, known).text();
  // Most keys have no option of their own.
  if (known.end() != std::find(known.begin(), known.end(), "--set")) {
    std::vector<std::string> keys;
    for (const ForeignKey& one : foreign_keys()) keys.push_back(one.key);
    std::ranges::stable_partition(keys, [](const std::string& key) { return !key.starts_with("init."); });
    const std::string key = nearest_name(name, keys), meant = nearest_name(name, known);
    const std::string last = key.substr(key.rfind('.') + 1);
    if (!key.empty() && (meant.empty() || meant.starts_with(name)) && nearest_name(name, {{last}}) == last)
      text.hint = fmt::format("{}{}--set {}=VALUE", text.hint, text.hint.empty() ? "" : "; or ", key);
  }
  throw usage_error(std::move(text));
}

void Arguments::parse(const std::vector<std::string>& words) {
  std::vector<std::string> positional;
  for (auto word = words.begin(); word != words.end();) {
    const std::string given = *word++;
    if (given == "--") {
      positional.insert(positional.end(), word, words.end());
      break;
    }
    if (!looks_like_option(given)) {
      positional.push_back(given);
      continue;
    }
    if (given[1] != '-') {  // -qv is -q -v
      for (const char letter : given.substr(1)) {
        Argument& option = option_named(std::string("-") + letter);
        if (!option.flag())
          throw defect({.what = "a short name for something that is not a flag", .found = option.name()});
        option.take({});
      }
      continue;
    }
    const std::size_t equals = given.find('=');
    Argument& option = option_named(given.substr(0, equals));
    std::vector<std::string> values;
    if (equals != std::string::npos) values.push_back(with_home(given.substr(equals + 1)));
    if (option.flag() && !values.empty())
      throw usage_error({.what = option.name() + " takes no value", .found = given});
    while (!option.flag() && word != words.end() && !looks_like_option(*word) &&
           (values.empty() || (option.list() && !option.one_each_ && equals == std::string::npos)))
      values.push_back(*word++);
    if (!option.flag() && values.empty())
      throw usage_error({.what = option.name() + " needs a value",
                         .expected = option.usage(),
                         .found = word == words.end() ? "nothing after it" : *word});
    option.take(values);
  }
  take_positional(positional);
  expect_consistent();
}

void Arguments::take_positional(const std::vector<std::string>& words) {
  auto word = words.begin();
  for (Argument& argument : all_) {
    if (!argument.positional() || word == words.end()) continue;
    const auto end = argument.list() ? words.end() : word + 1;
    argument.take({word, end});
    word = end;
  }
  if (word != words.end())
    throw usage_error({.what = "\"" + *word + "\" is one argument too many",
                       .hint = word->find('=') != std::string::npos
                                   ? "a setting is given as --set " + *word
                                   : "hysteron help " + verb_ + " shows what the verb takes"});
}

void Arguments::expect_consistent() const {
  const auto given = [&](const std::string& name) {
    return std::any_of(all_.begin(), all_.end(),
                       [&](const Argument& argument) { return argument.name() == name && argument.given(); });
  };
  for (const Argument& argument : all_) {
    if (argument.required_ && !argument.given())
      throw usage_error({.what = fmt::format("hysteron {} needs {}", verb_, argument.name()),
                         .expected = fmt::format("{}: {}", argument.usage(), argument.description_),
                         .hint = "hysteron help " + verb_ + " shows what the verb takes"});
    if (!argument.given()) continue;
    if (argument.times_ > 1 && !argument.list() && !argument.flag())
      throw usage_error(
          {.what = fmt::format("{} is given {} times", argument.name(), argument.times_), .expected = "once"});
    if (!argument.needs_.empty() && !given(argument.needs_))
      throw usage_error(
          {.what = argument.name() + " is given without " + argument.needs_, .expected = "both, or neither"});
    for (const std::string& other : argument.excludes_)
      if (given(other))
        throw usage_error({.what = argument.name() + " and " + other + " do not go together",
                           .expected = "one of them",
                           .found = "both"});
  }
}

}  // namespace hysteron
