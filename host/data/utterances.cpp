#include "data/utterances.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "files/unpacked_file.hpp"

namespace hysteron {
namespace {

bool is_space(char letter) { return letter == ' ' || letter == '\t' || letter == '\r'; }

// The numbers of a line.
std::vector<float> numbers_in(std::string_view line, const std::string& where) {
  std::vector<float> numbers;
  for (std::size_t at = 0; at < line.size();) {
    if (is_space(line[at])) {
      ++at;
      continue;
    }
    float value = 0;
    const auto [end, code] = std::from_chars(line.data() + at, line.data() + line.size(), value);
    const auto after = static_cast<std::size_t>(end - line.data());
    if (code != std::errc() || !std::isfinite(value) || (after < line.size() && !is_space(line[after])))
      throw data_error({.what = where + " is not a frame",
                        .expected = "numbers with spaces between them",
                        .found = std::string(line.substr(at, std::min<std::size_t>(line.size() - at, 40))),
                        .hint = "hysteron data check says whether a file is the known one"});
    numbers.push_back(value);
    at = after;
  }
  return numbers;
}

}  // namespace

std::vector<Utterance> read_utterances(const std::filesystem::path& path) {
  const std::string text = unpacked_text(path);
  std::vector<Utterance> utterances;
  Utterance present;
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string where = fmt::format("{}, line {},", path.string(), ++number);
    const std::vector<float> numbers = numbers_in(std::string_view(text).substr(at, end - at), where);
    at = end + 1;
    if (numbers.empty()) continue;
    if (numbers.size() != cepstrum_size)
      throw data_error({.what = where + " is not a frame",
                        .expected = fmt::format("{} numbers", cepstrum_size),
                        .found = std::to_string(numbers.size()),
                        .hint = "hysteron data check says whether a file is the known one"});
    const bool ends = std::all_of(numbers.begin(), numbers.end(), [](float value) { return value == 1; });
    if (!ends) {
      std::copy(numbers.begin(), numbers.end(), present.emplace_back().begin());
      continue;
    }
    if (present.empty())
      throw data_error({.what = where + " ends an utterance without a frame",
                        .expected = "frames between two lines of 1.0",
                        .found = "none"});
    utterances.push_back(std::move(present));
    present.clear();
  }
  if (!present.empty()) utterances.push_back(std::move(present));
  if (utterances.empty()) throw data_error({.what = path.string() + " holds no utterance", .expected = "one or more"});
  return utterances;
}

}  // namespace hysteron
