#include <cmath>

#include <fmt/format.h>

#include "foundation/printable.hpp"
#include "report/chart_files.hpp"

namespace hysteron {
namespace {

std::string csv_field(const std::string& text) {
  std::string quoted = "\"";
  for (const char letter : printable(text)) quoted += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return quoted + '"';
}

}  // namespace

std::string csv_of(const std::vector<Chart>& charts) {
  std::string csv = "figure,line,x,y\n";
  for (const Chart& chart : charts)
    for (const Line& line : chart.lines) {
      const std::string names = csv_field(chart.title) + ',' + csv_field(line.name);
      for (std::size_t i = 0; i < line.x.size(); ++i)
        if (std::isfinite(line.y[i])) csv += fmt::format("{},{},{}\n", names, line.x[i], line.y[i]);
    }
  return csv;
}

}  // namespace hysteron
