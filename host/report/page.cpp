#include "report/page.hpp"

#include <fmt/format.h>

#include <hysteron/error.hpp>
#include <hysteron/version.hpp>

#include "records/run_folder.hpp"
#include "records/source.hpp"
#include "report/chart.hpp"

namespace hysteron {
namespace {

// Color-blind safe (Okabe and Ito), one for each run.
constexpr const char* colors[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};

std::string color_of(std::size_t run) { return colors[run % std::size(colors)]; }

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char letter : text) {
    if (letter == '<')
      safe += "&lt;";
    else if (letter == '>')
      safe += "&gt;";
    else if (letter == '&')
      safe += "&amp;";
    else
      safe += letter;
  }
  return safe;
}

double number(const Json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::string label_of(const RunRecord& run) {
  return fmt::format("{} {}", run.result["cell"].get<std::string>(), run.result["init"].get<std::string>());
}

// One line a replica from the events of one name: x and y are keys, y has one entry a replica.
void add_lines(Chart& chart, const RunRecord& run, std::size_t color, const char* event, const char* x, const char* y) {
  for (std::size_t r = 0; r < run.result["replicas"].get<std::size_t>(); ++r) {
    Line line{.name = r == 0 ? label_of(run) : "", .color = color_of(color), .width = 1.6, .x = {}, .y = {}};
    for (const Json& entry : run.events) {
      if (entry.value("event", "") != event || !entry.contains(x) || !entry.contains(y) || r >= entry[y].size() ||
          !entry[y][r].is_number())
        continue;
      // A resumed run tells again what came after its checkpoint: the later word stands.
      while (!line.x.empty() && line.x.back() >= number(entry[x])) line.x.pop_back(), line.y.pop_back();
      line.x.push_back(number(entry[x]));
      line.y.push_back(number(entry[y][r]));
    }
    if (!line.x.empty()) chart.lines.push_back(std::move(line));
  }
}

std::string charts(const std::vector<RunRecord>& runs) {
  Chart loss{.title = "Validation loss",
             .x_label = "gradient steps",
             .y_label = "loss",
             .y_scale = Scale::logarithmic,
             .lines = {},
             .level = {}};
  Chart accuracy{.title = "Validation accuracy",
                 .x_label = "gradient steps",
                 .y_label = "share of right answers",
                 .lines = {},
                 .level = {}};
  Chart warm{.title = "VAA* during warm-up",
             .x_label = "warm-up steps",
             .y_label = "VAA* (mean of the layers)",
             .lines = {},
             .level = {}};
  Chart vaa{.title = "VAA during training", .x_label = "gradient steps", .y_label = "VAA", .lines = {}, .level = {}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    add_lines(loss, runs[i], i, "validated", "update", "valid_loss");
    add_lines(accuracy, runs[i], i, "validated", "update", "valid_accuracy");
    add_lines(warm, runs[i], i, "warmed", "step", "vaa_star");
    add_lines(vaa, runs[i], i, "measured", "update", "vaa");
  }
  if (const Json& trivial = runs[0].result.value("trivial_loss", Json()); trivial.is_number())
    loss.level = Level{trivial.get<double>(), "without memory"};
  std::string html;
  for (const Chart* chart : {&warm, &loss, &accuracy, &vaa})
    if (!chart->lines.empty()) html += "<figure>" + svg_of(*chart) + "</figure>\n";
  return html;
}

std::string cell(const Json& result, const char* key, std::size_t replica, int digits) {
  const Json& values = result[key];
  if (replica >= values.size() || !values[replica].is_number()) return "<td>–</td>";
  return fmt::format("<td>{:.{}f}</td>", values[replica].get<double>(), digits);
}

std::string table(const std::vector<RunRecord>& runs) {
  std::string html =
      "<table><tr><th></th><th>network</th><th>replica</th><th>VAA drawn</th><th>VAA start</th><th>VAA end</th>"
      "<th>test loss</th><th>accuracy</th><th>best at</th><th>solved</th></tr>\n";
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Json& result = runs[i].result;
    for (std::size_t r = 0; r < result["replicas"].get<std::size_t>(); ++r) {
      const Json& solved = result["solved"][r];
      html += fmt::format("<tr><td style=\"background:{}\"></td><td>{}</td><td>{}</td>", color_of(i),
                          escaped(label_of(runs[i])), r) +
              cell(result, "vaa_before", r, 3) + cell(result, "vaa_start", r, 3) + cell(result, "vaa", r, 3) +
              cell(result, "test_loss", r, 4) + cell(result, "test_accuracy", r, 4) + cell(result, "best_step", r, 0) +
              fmt::format("<td>{}</td></tr>\n", solved.is_null()     ? "–"
                                                : solved.get<bool>() ? "yes"
                                                                     : "no");
    }
  }
  return html + "</table>\n";
}

constexpr std::string_view style =
    "body{font-family:sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
    "table{border-collapse:collapse;display:block;overflow-x:auto}td,th{padding:.25rem "
    ".7rem;text-align:right;border-bottom:1px solid #ddd}"
    "td:first-child{padding:0 .3rem}figure{margin:1.5rem 0}svg{max-width:100%;height:auto}"
    "pre{background:#f4f4f4;padding:1rem;overflow-x:auto}dt{font-weight:bold}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}pre{background:#2a2a2a}td,th{border-color:#"
    "444}}";

constexpr std::string_view reading =
    "<p>VAA, the variability amongst attractors, is the number of distinct attractors that 64 sequences lead to, over "
    "64: "
    "1/64 is a network with one attractor, 1 one in which every sequence ends in its own. <em>Drawn</em> is before the "
    "initializer, <em>start</em> before the first training step, <em>end</em> with the weights of the best validation. "
    "Each line is a "
    "replica.</p>\n";

constexpr std::string_view citation =
    "<h2>Please cite</h2><ul>"
    "<li>G. Lambrechts, F. De Geeter, N. Vecoven, D. Ernst, G. Drion: Warming up recurrent neural networks to maximise "
    "reachable multistability greatly improves learning. Neural Networks 166 (2023). arXiv 2106.01001.</li>"
    "<li>A. Carta, A. Sperduti, D. Bacciu: Short-term memory optimization in recurrent neural networks by "
    "autoencoder-based initialization (2020). arXiv 2011.02886.</li>"
    "</ul>\n";

}  // namespace

RunRecord read_run(const std::filesystem::path& path) {
  if (!is_run_folder(path) || !is_finished(path))
    throw usage_error({.what = path.string() + " is not the folder of a finished run",
                       .expected = "a folder with config.toml and result.json",
                       .found = "",
                       .hint = "hysteron train --out FOLDER makes one; --resume FOLDER finishes one"});
  const auto json = [&](const char* file) { return parse_json(read_text(path / file), (path / file).string()); };
  RunRecord run{.path = path,
                .result = json("result.json"),
                .events = {},
                .environment = json("environment.json"),
                .configuration = read_text(path / "config.toml")};
  const std::string journal = read_text(path / "journal.jsonl");
  for (std::size_t at = 0; at < journal.size();) {
    const std::size_t end = std::min(journal.find('\n', at), journal.size());
    run.events.push_back(parse_json(std::string_view(journal).substr(at, end - at), (path / "journal.jsonl").string()));
    at = end + 1;
  }
  return run;
}

std::string page_of(const std::vector<RunRecord>& runs) {
  const std::string task = runs[0].result["task"].get<std::string>();
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\">"
      "<title>hysteron: {0}</title><style>{1}</style></head><body>\n<h1>{0}</h1>\n",
      escaped(task), style);
  html += table(runs) + std::string(reading) + charts(runs);
  for (const RunRecord& run : runs) {
    html += fmt::format(
        "<h2>{}</h2><dl><dt>folder</dt><dd>{}</dd><dt>device</dt><dd>{}</dd><dt>seconds</dt><dd>{:.1f}</dd></dl>"
        "<details><summary>configuration</summary><pre>{}</pre></details>\n",
        escaped(label_of(run)), escaped(run.path.string()),
        escaped(run.environment.value("device_description", run.environment.value("device", ""))),
        run.result["seconds"].get<double>(), escaped(run.configuration));
  }
  return html + std::string(citation) + fmt::format("<p>hysteron {}</p></body></html>\n", version);
}

}  // namespace hysteron
