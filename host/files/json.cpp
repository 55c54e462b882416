#include "files/json.hpp"

#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <hysteron/error.hpp>

namespace hysteron {
namespace {

/// Builds the value from the parser's events, which show duplicate keys that the finished value no longer has.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(const std::string& name) : name_(name) {}

  Json result;

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& value) override {
    if (!levels_.back().keys.insert(value).second)
      throw data_error({.what = name_ + " has a key twice",
                        .expected = "every key once",
                        .found = fmt::format("\"{}\" again", value)});
    key_ = std::move(value);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception& error) override {
    std::string found = error.what();  // "[json.exception...] parse error at line 1, column 2: syntax error ..."
    if (const std::size_t colon = found.find(": "); colon != std::string::npos) found = found.substr(colon + 2);
    throw data_error({.what = name_ + " is not valid JSON",
                      .found = fmt::format("{} (character {})", found, position),
                      .hint = token.empty() ? "the file is cut short" : "the file is damaged, or no JSON"});
  }

 private:
  struct Level {
    Json* value;
    std::set<std::string> keys;
  };

  Json* put(Json value) {
    if (levels_.empty()) {
      result = std::move(value);
      return &result;
    }
    Json& parent = *levels_.back().value;
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    // Not operator[], which in an ordered object searches all earlier keys: they are known to differ.
    auto& entries = parent.get_ref<Json::object_t&>();
    static_cast<std::vector<Json::object_t::value_type>&>(entries).emplace_back(std::move(key_), std::move(value));
    return &entries.back().second;
  }
  bool add(Json value) {
    put(std::move(value));
    return true;
  }
  bool open(Json value) {
    if (levels_.size() == 64)
      throw data_error({.what = name_ + " is nested too deeply", .expected = "at most 64 levels"});
    levels_.push_back({put(std::move(value)), {}});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return true;
  }

  const std::string& name_;
  std::vector<Level> levels_;
  std::string key_;
};

}  // namespace

Json parse_json(std::string_view text, const std::string& name) {
  Builder builder(name);
  Json::sax_parse(text, &builder);
  return std::move(builder.result);
}

std::string json_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }
std::string json_lines(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

}  // namespace hysteron
