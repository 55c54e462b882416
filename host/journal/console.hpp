#pragma once
#include <cstdint>
#include <map>
#include <ostream>
#include <string>

#include <hysteron/journal.hpp>

namespace hysteron {

enum class Verbosity { quiet, normal, verbose };

/// How the console shows what it hears.
struct ConsoleStyle {
  Verbosity verbosity = Verbosity::normal;
  bool live = false;  ///< a bar that is drawn anew in place; else plain lines
  bool color = false;
  bool blocks = false;  ///< the terminal shows UTF-8
  int columns = 0;      ///< of the terminal; 0: ask it before every drawing
};

/// What standard error can show: whether it is a terminal that moves its cursor (TERM), NO_COLOR, the locale's letters.
ConsoleStyle style_of_standard_error(Verbosity verbosity);

/// Shows a run to whoever looks on: live, a bar with rate, remaining time and the latest figures, ten times a second at
/// most; else a plain line every five seconds at most and one at the end of each stage. Of figures that each replica
/// has, the median. quiet: warnings only; verbose: every event too.
class Console final : public Listener {
 public:
  /// `out` must outlive the console.
  Console(std::ostream& out, ConsoleStyle style);
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;
  ~Console() override;  ///< leaves the cursor at the beginning of a line

  void hear(const Event& event) override;
  void hear(const Progress& progress) override;

 private:
  void say(const std::string& line);
  void draw(const Progress& progress);
  void end_stage();
  int columns() const;
  std::string figures(const Progress& progress, const char* between) const;
  std::string pace(const Progress& progress, const char* between) const;
  std::string bar(const Progress& progress) const;

  std::ostream& out_;
  ConsoleStyle style_;
  Progress latest_;  ///< of the stage that goes on; total 0: none does
  std::int64_t first_done_ = 0;
  double first_seconds_ = 0, shown_ = 0;                 ///< when it began, and when it was last drawn
  bool drawn_ = false;                                   ///< a bar stands on the present line
  std::vector<std::pair<std::string, double>> metrics_;  ///< the latest of the stage
};

/// "0:07", "12:34", "1:02:03".
std::string duration_text(double seconds);

}  // namespace hysteron
