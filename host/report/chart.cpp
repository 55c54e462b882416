#include "report/chart.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>

#include "records/atomic_file.hpp"

namespace hysteron {
namespace {

// A text in gnuplot's double quotes, in which a backslash and a quote mean something.
std::string quoted(const std::string& text) {
  std::string inside;
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') inside += '\\';
    inside += letter;
  }
  return '"' + inside + '"';
}

std::string script(const Chart& chart) {
  std::string text =
      "set terminal svg size 760,420 dynamic enhanced background rgb 'white' font 'sans-serif,13'\n"
      "set encoding utf8\nset termoption noenhanced\nset border 3\nset tics nomirror\n"
      "set grid ytics lc rgb '#dddddd'\nset key outside right top\n";
  text += "set title " + quoted(chart.title) + "\nset xlabel " + quoted(chart.x_label) + "\nset ylabel " +
          quoted(chart.y_label) + "\n";
  if (chart.y_scale == Scale::logarithmic) text += "set logscale y\n";
  std::string plots;
  for (std::size_t l = 0; l < chart.lines.size(); ++l) {
    const Line& line = chart.lines[l];
    text += fmt::format("$line{} << END\n", l);
    for (std::size_t i = 0; i < line.x.size(); ++i)
      if (std::isfinite(line.y[i])) text += fmt::format("{} {}\n", line.x[i], line.y[i]);
    text += "END\n";
    plots += fmt::format("{}$line{} using 1:2 with lines lw {} lc rgb '{}' {}", plots.empty() ? "" : ", ", l,
                         line.width, line.color, line.name.empty() ? "notitle" : "title " + quoted(line.name));
  }
  if (chart.level)
    plots += fmt::format("{}{} with lines dt 2 lw 1.5 lc rgb '#555555' title {}", plots.empty() ? "" : ", ",
                         chart.level->value, quoted(chart.level->name));
  return text + "plot " + plots + "\n";
}

std::string not_drawn(const Chart& chart) {
  return "<p>" + chart.title + ": not drawn, since gnuplot is missing (Debian: gnuplot-nox) or failed.</p>";
}

}  // namespace

std::string svg_of(const Chart& chart) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / fmt::format("hysteron-chart-{}.gnuplot", ::getpid());
  write_file(file, script(chart));
  std::string output;
  int status = -1;
  if (std::FILE* const pipe = ::popen(("gnuplot '" + file.string() + "' 2>&1").c_str(), "r")) {
    char buffer[1 << 14];
    while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, count);
    status = ::pclose(pipe);
  }
  std::filesystem::remove(file);
  const std::size_t start = output.find("<svg");
  if (status != 0 || start == std::string::npos) return not_drawn(chart);
  return output.substr(start);  // without the XML declaration, so that a page can hold it
}

}  // namespace hysteron
