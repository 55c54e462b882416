#include <fmt/format.h>

#include <hysteron/registry.hpp>

#include "commands/command.hpp"
#include "records/atomic_file.hpp"
#include "report/page.hpp"
#include "runs/result_table.hpp"

namespace hysteron {
namespace {

class Report final : public Command {
 public:
  std::string example() const override { return "hysteron report runs/classic runs/warm_up --out report.html"; }
  std::string description() const override {
    return "Write one self-contained HTML page about finished runs, side by side.";
  }

  void declare(CLI::App& app) override {
    app.add_option("RUN", runs_, "run folders")->required();
    app.add_option("--out", out_, "the page (default: report.html in the first run's folder)");
    app.add_flag("--json", json_, "the last line of stdout is one JSON object");
  }

  int run(const std::vector<std::string>&) override {
    std::vector<RunRecord> records;
    for (const std::string& run : runs_) records.push_back(read_run(run));
    const std::filesystem::path path = out_.empty() ? records[0].path / "report.html" : std::filesystem::path(out_);
    write_file(path, page_of(records));
    std::vector<Json> results;
    for (const RunRecord& record : records) results.push_back(record.result);
    fmt::print("{}{}\n", result_table(results), path.string());
    if (json_) fmt::print("{}\n", json_line({{"path", path.string()}}));
    return 0;
  }

 private:
  std::vector<std::string> runs_;
  std::string out_;
  bool json_ = false;
};

const Registration<Command> registration("report", [] { return std::make_unique<Report>(); });

}  // namespace
}  // namespace hysteron
