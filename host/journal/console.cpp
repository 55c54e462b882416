#include "journal/console.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "foundation/printable.hpp"
#include "foundation/statistics.hpp"

namespace hysteron {
namespace {

constexpr double seconds_between_drawings = 0.1, seconds_between_lines = 5, seconds_to_first_line = 1;
constexpr const char* clear_line = "\r\x1b[K";

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

double median_of_finite(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  return median(std::move(values));
}

std::string number(double value) { return fmt::format("{:.4g}", value); }

/// The columns that the text takes: one for each letter, which holds for everything drawn here.
int width_of(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string value_text(const JournalValue& value) {
  struct Write {
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t integer) const { return std::to_string(integer); }
    std::string operator()(double real) const { return number(real); }
    std::string operator()(const std::string& text) const { return printable(text, Newlines::kept); }
    std::string operator()(const std::vector<double>& list) const {
      constexpr std::size_t most = 64;  // longer lists are curves, which a line of text does not show
      if (list.size() > most) return fmt::format("[{} values]", list.size());
      std::string text;
      for (const double item : list) text += fmt::format("{}{}", text.empty() ? "" : " ", number(item));
      return fmt::format("[{}]", text);
    }
    std::string operator()(const std::vector<std::int64_t>& list) const {
      return fmt::format("[{}]", fmt::join(list, " "));
    }
    std::string operator()(const std::vector<std::string>& list) const {
      return printable(fmt::format("[{}]", fmt::join(list, " ")));
    }
  };
  return std::visit(Write{}, value.variant());
}

/// A list without a number: there is no accuracy of a task without classes, and no training loss before training.
bool is_nothing(const JournalValue& value) {
  const auto* const list = std::get_if<std::vector<double>>(&value.variant());
  return list && std::all_of(list->begin(), list->end(), [](double item) { return std::isnan(item); });
}

}  // namespace

ConsoleStyle style_of_standard_error(Verbosity verbosity) {
  const std::string terminal = variable("TERM");
  const bool live = ::isatty(STDERR_FILENO) == 1 && !terminal.empty() && terminal != "dumb";
  std::string locale = variable("LC_ALL");
  if (locale.empty()) locale = variable("LC_CTYPE");
  if (locale.empty()) locale = variable("LANG");
  std::transform(locale.begin(), locale.end(), locale.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const bool blocks = locale.find("UTF-8") != std::string::npos || locale.find("UTF8") != std::string::npos;
  return {.verbosity = verbosity, .live = live, .color = live && variable("NO_COLOR").empty(), .blocks = blocks};
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::isfinite(seconds) ? std::clamp(seconds + 0.5, 0.0, 1e12) : 0);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

Console::Console(std::ostream& out, ConsoleStyle style) : out_(out), style_(style) {}

Console::~Console() {
  if (drawn_) out_ << '\n' << std::flush;
}

int Console::columns() const {
  if (style_.columns > 0) return style_.columns;
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void Console::say(const std::string& line) {
  out_ << (drawn_ ? clear_line : "") << line << '\n' << std::flush;
  drawn_ = false;
}

void Console::hear(const Event& event) {
  const bool warning = event.name == "warning", message = event.name == "message";
  if (warning || message || event.name == "failed") {
    if (style_.verbosity == Verbosity::quiet && message) return;
    std::string text;
    for (const auto& [key, value] : event.values)
      text += fmt::format("{}{}{}{}", text.empty() ? "" : ", ", key == "text" ? "" : key, key == "text" ? "" : " ",
                          value_text(value));
    if (!message)
      text = fmt::format("{}{}{}: {}", style_.color ? "\x1b[33m" : "", event.name, style_.color ? "\x1b[0m" : "", text);
    say(text);
  } else if (style_.verbosity == Verbosity::verbose) {
    std::string text = fmt::format("{:8.1f} s  {}", event.seconds, event.name);
    for (const auto& [key, value] : event.values)
      if (!is_nothing(value)) text += fmt::format("  {} {}", key, value_text(value));
    say(text);
  }
  // A value reported for one replica is not a figure for all of them.
  if (std::any_of(event.values.begin(), event.values.end(), [](const auto& entry) { return entry.first == "replica"; }))
    return;
  for (const auto& [key, value] : event.values) {
    const auto* const list = std::get_if<std::vector<double>>(&value.variant());
    const double median = list ? median_of_finite(*list) : std::nan("");
    if (!std::isfinite(median)) continue;
    const auto at =
        std::find_if(metrics_.begin(), metrics_.end(), [&](const auto& metric) { return metric.first == key; });
    if (at == metrics_.end())
      metrics_.emplace_back(key, median);
    else
      at->second = median;
  }
}

void Console::hear(const Progress& progress) {
  if (style_.verbosity == Verbosity::quiet) return;
  if (latest_.total > 0 && (progress.stage != latest_.stage || progress.done < latest_.done)) end_stage();
  if (latest_.total == 0) {  // a stage begins
    if (drawn_) out_ << '\n';
    drawn_ = false;
    first_done_ = progress.done;
    first_seconds_ = progress.seconds;
    shown_ =
        progress.seconds - (style_.live ? seconds_between_drawings : seconds_between_lines - seconds_to_first_line);
  }
  latest_ = progress;
  if (progress.done >= progress.total) return end_stage();
  if (progress.seconds - shown_ < (style_.live ? seconds_between_drawings : seconds_between_lines)) return;
  shown_ = progress.seconds;
  draw(progress);
}

void Console::end_stage() {
  draw(latest_);
  if (drawn_) out_ << '\n' << std::flush;
  drawn_ = false;
  latest_ = {};
  metrics_.clear();
}

std::string Console::pace(const Progress& progress, const char* between) const {
  const double seconds = progress.seconds - first_seconds_;
  const auto steps = static_cast<double>(progress.done - first_done_);
  if (!(seconds > 0) || !(steps > 0)) return "";
  const double rate = steps / seconds, left = static_cast<double>(progress.total - progress.done) / rate;
  const std::string speed = rate >= 10  ? fmt::format("{:.0f}/s", rate)
                            : rate >= 1 ? fmt::format("{:.1f}/s", rate)
                                        : fmt::format("{:.1f} s each", 1 / rate);
  const std::string time = progress.done < progress.total ? fmt::format("{} left", duration_text(left))
                                                          : fmt::format("in {}", duration_text(seconds));
  return fmt::format("{}{}{}{}", between, speed, between, time);
}

std::string Console::figures(const Progress& progress, const char* between) const {
  std::string text;
  if (std::isfinite(progress.figure))
    text = fmt::format("{}{}{}{}", between, progress.figure_name, progress.figure_name.empty() ? "" : " ",
                       number(progress.figure));
  for (const auto& [name, value] : metrics_)
    if (name != progress.figure_name && !(name.starts_with("vaa") && progress.figure_name == "VAA*"))
      text += fmt::format("{}{} {}", between, name, number(value));
  return text;
}

std::string Console::bar(const Progress& progress) const {
  constexpr int cells = 24;
  const double share = std::clamp(
      static_cast<double>(progress.done) / static_cast<double>(std::max<std::int64_t>(progress.total, 1)), 0.0, 1.0);
  const int full = static_cast<int>(share * cells);
  std::string text = style_.color ? "\x1b[36m" : "";
  for (int cell = 0; cell < cells; ++cell)
    text += cell < full ? (style_.blocks ? "█" : "#") : (style_.blocks ? "░" : "-");
  return text + (style_.color ? "\x1b[0m" : "");
}

void Console::draw(const Progress& progress) {
  const auto percent = 100 * progress.done / std::max<std::int64_t>(progress.total, 1);
  if (!style_.live) {
    say(fmt::format("{}: {} of {} ({} %){}{}", progress.stage, progress.done, progress.total, percent,
                    pace(progress, ", "), figures(progress, ", ")));
    return;
  }
  // A line wider than the terminal would wrap, and the next drawing would leave it standing.
  const int room = columns() - 1;
  std::string after = fmt::format(" {:3} %  {}/{}{}{}", percent, progress.done, progress.total, pace(progress, "  "),
                                  figures(progress, "  "));
  const int bar_columns = 25;
  const bool has_bar = width_of(progress.stage) + bar_columns + 20 <= room;
  const int left = room - width_of(progress.stage) - (has_bar ? bar_columns : 0);
  while (width_of(after) > std::max(left, 0)) {
    const std::size_t cut = after.rfind("  ");  // the last part matters least
    after.resize(cut == std::string::npos || cut < 7
                     ? static_cast<std::size_t>(std::clamp(left, 0, static_cast<int>(after.size())))
                     : cut);
  }
  out_ << clear_line << progress.stage << (has_bar ? fmt::format(" {}", bar(progress)) : "") << after << std::flush;
  drawn_ = true;
}

}  // namespace hysteron
