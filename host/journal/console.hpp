#pragma once
#include <cstdint>
#include <map>
#include <ostream>
#include <string>

#include <hysteron/journal.hpp>

namespace hysteron {

enum class Verbosity { quiet, normal, verbose };

/// How the console shows events and progress.
struct ConsoleStyle {
  Verbosity verbosity = Verbosity::normal;
  bool live = false;  ///< a bar that is redrawn in place; else plain lines
  bool color = false;
  bool blocks = false;  ///< the terminal shows UTF-8
  int columns = 0;      ///< of the terminal; 0: ask it before every drawing
};

/// What standard error can show, from whether it is a terminal that moves its cursor (TERM), NO_COLOR, and the locale's
/// letters.
ConsoleStyle style_of_standard_error(Verbosity verbosity);

/// Shows a run to whoever is watching: live, a bar with rate, remaining time and the latest figures, at most ten times
/// a second; else a plain line at most every five seconds and one at the end of each stage. For figures that each
/// replica has, it shows the median. quiet: warnings only; verbose: every event too.
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
  Progress latest_;  ///< of the present stage; total 0: there is none
  std::int64_t first_done_ = 0;
  double first_seconds_ = 0, shown_ = 0;                 ///< when it began, and when it was last drawn
  bool drawn_ = false;                                   ///< the present line shows a bar
  std::vector<std::pair<std::string, double>> metrics_;  ///< the stage's latest
};

/// "0:07", "12:34", "1:02:03".
std::string duration_text(double seconds);

}  // namespace hysteron
