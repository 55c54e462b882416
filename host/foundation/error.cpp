#include <algorithm>
#include <cctype>
#include <limits>
#include <numeric>

#include <hysteron/error.hpp>

namespace hysteron {

Error::Error(ErrorKind kind, ErrorText text) : kind_(kind), text_(std::move(text)) { compose(); }

Error& Error::add_while(std::string doing) {
  doing_.push_back(std::move(doing));
  compose();
  return *this;
}

void Error::compose() {
  message_ = text_.what;
  if (!text_.expected.empty()) message_ += "\n  expected " + text_.expected;
  if (!text_.found.empty()) message_ += (text_.expected.empty() ? "\n  found " : ", found ") + text_.found;
  for (const std::string& doing : doing_) message_ += "\n  while " + doing;
  if (!text_.hint.empty()) message_ += "\n  hint: " + text_.hint;
}

Error defect(ErrorText text) { return {ErrorKind::defect, std::move(text)}; }
Error usage_error(ErrorText text) { return {ErrorKind::usage, std::move(text)}; }
Error data_error(ErrorText text) { return {ErrorKind::data, std::move(text)}; }
Error device_error(ErrorText text) { return {ErrorKind::device, std::move(text)}; }
Error numeric_error(ErrorText text) { return {ErrorKind::numeric, std::move(text)}; }

namespace {

char lower(char letter) { return static_cast<char>(std::tolower(static_cast<unsigned char>(letter))); }

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours cost 1 each.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<const std::string> known) {
  std::string nearest;
  std::size_t least = std::max<std::size_t>(2, name.size() / 2) + 1;  // further away is no suggestion
  for (const std::string& candidate : known) {
    // The beginning of a name is nearer than any misspelling.
    const std::size_t far = name.size() > 2 && candidate.starts_with(name) ? 0 : distance(name, candidate);
    if (far < least) least = far, nearest = candidate;
  }
  return nearest;
}

Error unknown_name(std::string_view noun, std::string_view name, std::span<const std::string> known) {
  std::string all;
  for (const std::string& candidate : known) all += (all.empty() ? "" : ", ") + candidate;
  const std::string nearest = nearest_name(name, known);
  return usage_error({.what = "unknown " + std::string(noun) + " \"" + std::string(name) + "\"",
                      .expected = "one of: " + all,
                      .hint = nearest.empty() ? "" : "did you mean \"" + nearest + "\"?"});
}

}  // namespace hysteron
