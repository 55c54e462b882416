#include <filesystem>

#include <fmt/format.h>

#include <hysteron/error.hpp>
#include <hysteron/registry.hpp>

#include "command_line/command.hpp"
#include "command_line/options.hpp"
#include "command_line/result_table.hpp"
#include "command_line/standard_streams.hpp"
#include "runs/reproduction_run.hpp"
#include "runs/stop_signal.hpp"

namespace hysteron {
namespace {

class Reproduce final : public Command {
 public:
  std::vector<std::string> words() const override { return {"reproduce"}; }
  std::string example() const override { return "hysteron reproduce copy --scale quick"; }
  std::string summary() const override { return "an experiment of the papers: a table, a page and every run"; }
  std::string description() const override {
    return R"(Runs an experiment of the papers: a table, a page, and a run folder for each arm. --scale quick takes
minutes on a laptop, full has the papers' sizes. --set, and flags, go to every arm that knows the key.)";
  }

  void declare(Arguments& arguments) override {
    arguments.add("NAME", &name_, fmt::format("{}", fmt::join(Registry<Reproduction>::names(), " | ")));
    arguments.add("--list", &list_, "say what each experiment is");
    arguments.add("--scale", &scale_, "how large").choices({"quick", "full"}).value_name("SCALE");
    arguments.add("--out", &out_, "the folder of all runs").value_name("FOLDER").otherwise("runs/reproduce-NAME-SCALE");
    arguments.add("--force", &force_, "replace an existing reproduction");
    arguments.add("--resume", &resume_, "go on with the reproduction in this folder")
        .excludes({"NAME", "--scale", "--out", "--force"})
        .value_name("FOLDER");
    static const KeyFlag flags[] = {{"--replicas", "replicas"}, {"--data", "task.data", "the folder of a data set"}};
    options_.declare_settings(arguments, flags);
  }

  int run(const std::vector<std::string>& arguments) override {
    if (list_) {
      list();
      return 0;
    }
    const std::unique_ptr<Journal> journal = options_.journal();
    ReproductionPlan plan = resume_.empty() ? fresh_plan() : plan_of_folder();
    plan.arguments = arguments;
    const ReproductionEnd end = reproduce(plan, *journal);
    if (end.stopped) {
      journal->message("stopped; go on with: hysteron reproduce --resume " + plan.folder.string());
      return stopped_exit_code;
    }
    fmt::print("{}", end.text);
    if (options_.json()) fmt::print("{}\n", json_line(end.result));
    std::fflush(stdout);
    int code = 0;
    for (const RunResult& result : end.failed) {
      tell(result.run + ":\n");
      code = report_failures(result);
    }
    return code;
  }

 private:
  void list() const {
    Json experiments = Json::array();
    for (const std::string& name : Registry<Reproduction>::names()) {
      const std::string description = Registry<Reproduction>::make(name)->description();
      fmt::print("{:<12}{}\n", name, description);
      experiments.push_back({{"name", name}, {"description", description}});
    }
    if (options_.json()) fmt::print("{}\n", json_line({{"experiments", experiments}}));
  }

  ReproductionPlan plan_of_folder() const {
    options_.expect_no_settings("a reproduction");
    return read_plan(resume_);
  }

  ReproductionPlan fresh_plan() const {
    if (name_.empty())
      throw usage_error({.what = "which experiment?",
                         .expected = "a name, or --resume FOLDER",
                         .hint = "hysteron reproduce --list lists the names"});
    ReproductionPlan plan;
    plan.name = name_;
    plan.scale = scale_named(scale_);
    plan.folder = out_.empty() ? fmt::format("runs/reproduce-{}-{}", name_, scale_) : out_;
    plan.assignments = options_.assignments();
    write_plan(plan, force_ ? Existing::replace : Existing::refuse);
    return plan;
  }

  Options options_;
  std::string name_, scale_ = "quick", out_, resume_;
  bool list_ = false, force_ = false;
};

const Registration<Command> registration("reproduce", [] { return std::make_unique<Reproduce>(); });

}  // namespace
}  // namespace hysteron
