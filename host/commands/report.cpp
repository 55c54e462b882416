#include <fmt/format.h>

#include <hysteron/error.hpp>
#include <hysteron/registry.hpp>

#include "command_line/command.hpp"
#include "command_line/output_file.hpp"
#include "command_line/result_table.hpp"
#include "files/atomic_file.hpp"
#include "foundation/printable.hpp"
#include "report/chart_files.hpp"
#include "report/figure_files.hpp"
#include "report/page.hpp"
#include "report/run_labels.hpp"

namespace hysteron {
namespace {

class Report final : public Command {
 public:
  std::vector<std::string> words() const override { return {"report"}; }
  std::string example() const override {
    return "hysteron report --compare runs/classic runs/warm_up --out report.html";
  }
  std::string summary() const override { return "a page about runs, side by side"; }
  std::string description() const override {
    return R"(Writes one self-contained HTML page about runs, side by side; of one that goes on, was stopped or was
interrupted, as far as it has come. With --compare, it says what the data tell about each of the others against the
first, all of them finished: replicas of the same seed in pairs, intervals by bootstrap.)";
  }

  void declare(Arguments& arguments) override {
    arguments.add("RUN", &runs_, "run folders").required();
    arguments.add("--compare", &compare_, "compare each of the others with the first");
    arguments.add("--out", &out_, "the page").value_name("FILE").otherwise("report.html in the first run's folder");
    arguments.add("--svg", &svg_, "the figures as SVG; a folder, or a name that ends with /, gets a file for each")
        .value_name("FILE");
    arguments.add("--csv", &csv_, "the points of the figures as CSV, in the same way").value_name("FILE");
    arguments.add("--json", &json_, "the last line of stdout is one JSON object");
  }

  int run(const std::vector<std::string>&) override {
    std::vector<RunRecord> records;
    for (const std::string& run : runs_)
      records.push_back(read_run(run, compare_ ? Unfinished::refuse : Unfinished::read));
    std::vector<Comparison> comparisons;
    if (compare_) {
      if (records.size() < 2)
        throw usage_error({.what = "nothing to compare",
                           .expected = "two runs or more",
                           .found = "one",
                           .hint = "hysteron report --compare REFERENCE OTHER…"});
      comparisons = compare(records, labels_of(records));
    }
    for (const auto& [option, path] : {std::pair("--out", out_), {"--svg", svg_}, {"--csv", csv_}})
      if (!path.empty()) expect_own_file(option, path, records);
    const std::filesystem::path path = out_.empty() ? records[0].path / "report.html" : std::filesystem::path(out_);
    std::vector<RunResult> results;
    for (const RunRecord& record : records) results.push_back(record.result);
    const std::string table = result_table(results, labels_of(records));
    Page page = page_of(std::move(records));
    page.comparisons = comparisons;
    write_file(path, html_of(page));
    if (!page.lead.empty()) fmt::print("{}\n\n", printable(page.lead));
    fmt::print("{}{}{}\n", table, comparison_text(comparisons), printable(path.string()));
    const Json svg = figures(svg_, ".svg", page, svg_of), csv = figures(csv_, ".csv", page, csv_of);
    if (json_) {
      Json json{{"path", path.string()}, {"finished", page.lead.empty()}};
      if (!svg.empty()) json["svg"] = svg;
      if (!csv.empty()) json["csv"] = csv;
      for (const Comparison& comparison : comparisons) json["comparisons"].push_back(comparison_json(comparison));
      fmt::print("{}\n", json_line(json));
    }
    return 0;
  }

 private:
  // What is written must not replace what a run recorded, nor be something else than its name says.
  static void expect_own_file(const std::string& option, const std::filesystem::path& path,
                              const std::vector<RunRecord>& records) {
    std::vector<std::string> read_too;
    for (const RunRecord& record : records)
      for (const char* const file : {"config.toml", "environment.json", "journal.jsonl", "result.json"})
        read_too.push_back(record.path / file);
    if (option == "--out" || !is_folder_of_figures(path)) expect_writable(path, Overwrite::allowed, read_too);
    const std::string ending = path.extension().string();
    const std::pair<const char*, const char*> kinds[] = {{".html", "--out"}, {".htm", "--out"}, {".svg", "--svg"},
                                                         {".csv", "--csv"},  {".png", ""},      {".pdf", ""}};
    for (const auto& [of, with] : kinds)
      if (ending == of && with != option && !std::filesystem::is_directory(path))
        throw usage_error(
            {.what = fmt::format("{} {} would have another kind of contents than its name says", option, path.string()),
             .expected = option == "--out" ? "a name that ends with .html"
                                           : fmt::format("a name that ends with .{}", option.substr(2)),
             .found = ending,
             .hint = *with ? fmt::format("{} {} writes that", with, path.string())
                           : "open the page in a browser, which has a button for PNG and prints to PDF"});
  }

  static Json figures(const std::string& to, const char* ending, const Page& page,
                      std::string (*text)(const std::vector<Chart>&)) {
    Json files = Json::array();
    if (to.empty()) return files;
    for (const std::filesystem::path& file : write_figures(to, ending, charts_of(page), text)) {
      fmt::print("{}\n", printable(file.string()));
      files.push_back(file.string());
    }
    return files;
  }

  std::vector<std::string> runs_;
  std::string out_, svg_, csv_;
  bool compare_ = false, json_ = false;
};

const Registration<Command> registration("report", [] { return std::make_unique<Report>(); });

}  // namespace
}  // namespace hysteron
