#include "report/page.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <hysteron/version.hpp>

#include "report/assets.hpp"
#include "report/citations.hpp"
#include "report/memory_charts.hpp"
#include "report/replica_figures.hpp"
#include "report/run_charts.hpp"
#include "report/run_labels.hpp"
#include "report/run_title.hpp"

namespace hysteron {
namespace {

constexpr std::string_view reading =
    "<p class=\"lead\">VAA, the variability amongst attractors, is the number of distinct attractors that n sequences "
    "lead "
    "to, over n: 1/n is a network with one attractor, 1 one in which every sequence ends in its own. <em>Drawn</em> is "
    "before "
    "the initializer, <em>start</em> before the first training step, <em>end</em> with the weights of the best "
    "validation.</p>\n";

struct PageColumn {
  const char* title;
  ReplicaFigures values;
  int digits;
};
constexpr PageColumn page_columns[] = {{"VAA drawn", figures::vaa_drawn, 3},
                                       {"VAA start", figures::vaa_start, 3},
                                       {"VAA end", figures::vaa_end, 3},
                                       {"test loss", figures::test_loss, 4},
                                       {"test accuracy", figures::test_accuracy, 4},
                                       {"return", figures::last_return, 3},
                                       {"first optimal in episode", figures::first_optimal_episode, 0},
                                       {"optimal from episode", figures::optimal_episode, 0},
                                       {"best at step", figures::best_step, 0}};

std::string number_cell(const RunRecord& run, const PageColumn& column, std::size_t replica) {
  const std::vector<double> values = column.values(run.result);
  if (replica >= values.size() || !std::isfinite(values[replica])) return "<td>–</td>";
  return fmt::format("<td>{:.{}f}</td>", values[replica], column.digits);
}

std::string solved_cell(const RunRecord& run, std::size_t replica) {
  const auto& solved = run.result.solved;
  if (replica >= solved.size() || !solved[replica]) return "<td>–</td>";
  return *solved[replica] ? "<td class=\"yes\">yes</td>" : "<td class=\"no\">no</td>";
}

std::string swatch(std::size_t run) {
  return fmt::format("<span class=\"swatch\" style=\"background:var(--series-{})\"></span>", run % 8);
}

std::string table_of(const std::vector<RunRecord>& runs, const std::vector<std::string>& labels) {
  std::vector<PageColumn> columns;
  for (const PageColumn& column : page_columns)
    if (std::any_of(runs.begin(), runs.end(),
                    [&](const RunRecord& run) { return holds_numbers(column.values(run.result)); }))
      columns.push_back(column);
  std::string html = "<div class=\"table\"><table><tr><th>network</th><th>replica</th><th>solved</th>";
  for (const PageColumn& column : columns) html += fmt::format("<th>{}</th>", column.title);
  html += "</tr>\n";
  for (std::size_t i = 0; i < runs.size(); ++i)
    for (std::size_t r = 0; r < static_cast<std::size_t>(runs[i].result.replicas); ++r) {
      html += fmt::format("<tr><td>{}{}</td><td>{}</td>{}", swatch(i), escaped(labels[i]), r, solved_cell(runs[i], r));
      for (const PageColumn& column : columns) html += number_cell(runs[i], column, r);
      html += "</tr>\n";
    }
  return html + "</table></div>\n";
}

std::string table_of(const TextTable& table) {
  const auto row = [](const std::vector<std::string>& cells, const char* tag) {
    std::string html = "<tr>";
    for (const std::string& text : cells) html += fmt::format("<{0}>{1}</{0}>", tag, escaped(text));
    return html + "</tr>\n";
  };
  std::string html =
      fmt::format("<h2>{}</h2>\n<div class=\"table\"><table>", escaped(table.title)) + row(table.header, "th");
  for (const std::vector<std::string>& cells : table.rows) html += row(cells, "td");
  html += "</table></div>\n";
  if (!table.caption.empty()) html += "<p class=\"lead\">" + escaped(table.caption) + "</p>\n";
  return html;
}

std::string comparisons_of(const std::vector<Comparison>& comparisons) {
  std::string html = "<h2>What the data say</h2><ul>";
  for (const Comparison& comparison : comparisons) html += "<li>" + escaped(comparison.sentence) + "</li>";
  return html + "</ul>\n";
}

bool shows_attractors(const Page& page) {
  return std::ranges::any_of(page.groups, [](const RunGroup& group) {
    return std::ranges::any_of(group.runs, [](const RunRecord& run) { return measured_attractors(run.result); });
  });
}

template <class Figures>
std::string figures_of(const Figures& figures) {
  std::string html;
  for (const auto& figure : figures) html += figure_of(figure);
  return html.empty() ? html : "<div class=\"figures\">" + html + "</div>\n";
}

std::vector<Chart> charts_of_group(const RunGroup& group) {
  const std::vector<std::string> labels = labels_of(group.runs);
  std::vector<Chart> charts = charts_of(group.runs, labels);
  for (Chart& chart : memory_charts_of(group.runs, labels)) charts.push_back(std::move(chart));
  return charts;
}

std::string group_of(const RunGroup& group) {
  return (group.title.empty() ? "" : fmt::format("<h2>{}</h2>\n", escaped(group.title))) +
         table_of(group.runs, labels_of(group.runs)) + figures_of(charts_of_group(group));
}

std::string origin_of(const RunRecord& run, const std::string& label) {
  std::string html =
      fmt::format("<details><summary>{}</summary><dl><dt>folder</dt><dd>{}</dd><dt>seconds</dt><dd>{:.1f}</dd>",
                  escaped(label), escaped(run.path.string()), run.result.seconds);
  for (const auto& [key, text] : run.environment)
    html += fmt::format("<dt>{}</dt><dd>{}</dd>", escaped(key), escaped(text));
  return html + fmt::format("</dl><pre>{}</pre></details>\n", escaped(run.configuration));
}

}  // namespace

std::string html_of(const Page& page) {
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><title>hysteron: "
      "{0}</title><style>{1}</style></head><body>\n<h1>{0}</h1>\n",
      escaped(page.title), page_style);
  if (!page.lead.empty()) html += "<p class=\"lead\">" + escaped(page.lead) + "</p>\n";
  for (const TextTable& table : page.tables) html += table_of(table);
  if (!page.comparisons.empty()) html += comparisons_of(page.comparisons);
  html += figures_of(page.charts) + figures_of(page.pictures);
  for (const RunGroup& group : page.groups) html += group_of(group);
  if (!page.groups.empty()) {
    if (shows_attractors(page)) html += reading;
    html += "<h2>Runs</h2>\n";
    for (const RunGroup& group : page.groups) {
      const std::vector<std::string> labels = labels_of(group.runs);
      for (std::size_t i = 0; i < labels.size(); ++i)
        html += origin_of(group.runs[i], (group.title.empty() ? "" : group.title + ": ") + labels[i]);
    }
  }
  if (!page.notes.empty()) {
    html += "<h2>What differs from the papers' own code</h2><ul>";
    for (const std::string& note : page.notes) html += "<li>" + escaped(note) + "</li>";
    html += "</ul>\n";
  }
  html += citations_of(page);
  html += fmt::format("<footer>hysteron {}. Charts by Chart.js (MIT license).</footer>\n", version);
  return html + fmt::format(
                    "<noscript><p>The charts need "
                    "JavaScript.</p></noscript><script>{}</script><script>{}</script></body></html>\n",
                    chart_script, page_script);
}

std::vector<Chart> charts_of(const Page& page) {
  std::vector<Chart> charts = page.charts;
  for (const RunGroup& group : page.groups)
    for (Chart& chart : charts_of_group(group)) {
      if (!group.title.empty()) chart.title = group.title + ": " + chart.title;
      charts.push_back(std::move(chart));
    }
  return charts;
}

Page page_of(std::vector<RunRecord> runs) {
  return {.title = title_of(runs),
          .lead = lead_of(runs),
          .tables = {},
          .comparisons = {},
          .charts = {},
          .pictures = {},
          .groups = {{.title = {}, .runs = std::move(runs)}},
          .notes = {}};
}

}  // namespace hysteron
