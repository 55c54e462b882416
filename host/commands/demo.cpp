#include <algorithm>

#include <fmt/format.h>

#include <hysteron/registry.hpp>

#include "command_line/command.hpp"
#include "command_line/options.hpp"
#include "command_line/result_table.hpp"
#include "files/atomic_file.hpp"
#include "records/run_result_file.hpp"
#include "report/page.hpp"
#include "runs/arm.hpp"
#include "runs/machine.hpp"
#include "runs/recorded_run.hpp"
#include "runs/stop_signal.hpp"

namespace hysteron {
namespace {

class Demo final : public Command {
 public:
  std::vector<std::string> words() const override { return {"demo"}; }
  std::string example() const override { return "hysteron demo"; }
  std::string summary() const override {
    return "the main job, small: networks with and without a warm-up, side by side";
  }
  std::string description() const override {
    return R"(The main job, small: four classic and four warmed-up networks (GRU, 2 x 64) learn to recall the first of
100 inputs; a table and a page show their attractors and their errors side by side.)";
  }

  void declare(Arguments& arguments) override {
    options_.declare(arguments, std::span<const KeyFlag>());
    arguments.add("--out", &out_, "the folder of both runs and the page").value_name("FOLDER");
  }

  int run(const std::vector<std::string>& arguments) override {
    std::vector<RunResult> results;
    std::vector<RunRecord> records;
    const std::vector<Arm> arms{arm_of("classic"), arm_of("warm_up")};
    for (const Arm& arm : arms) {  // what is wrong is said before anything runs
      Settings settings = settings_for(arm, arms);
      configure(settings, Sections::task_and_training);
    }
    std::string what;
    for (const Arm& arm : arms) {
      Settings settings = settings_for(arm, arms);
      const Configuration configuration = configure(settings, Sections::task_and_training);
      const std::unique_ptr<Journal> journal = options_.journal();
      const std::filesystem::path path = std::filesystem::path(out_) / arm.name;
      const RunResult result = on_chosen_device(settings, *journal, [&](Backend& backend) {
        journal->message(fmt::format("{} replicas of a {} of {} x {} units, {} start, on {} ({})",
                                     settings.integer("replicas"), settings.text("model.cell"),
                                     settings.integer("model.layers"), settings.integer("model.units"), arm.name,
                                     backend.name(), backend.description()));
        return record_run(settings, configuration, backend, *journal, {path, RunPlace::Begin::replacing, arguments});
      });
      if (result.stopped()) return stopped_exit_code;
      results.push_back(result);
      what = settings.text("task.name") == "copy_first_input"
                 ? fmt::format("Recall the first of {} inputs (test loss: mean squared error; without memory 1.0)",
                               settings.integer("task.steps"))
                 : "The task " + settings.text("task.name");
      records.push_back(read_run(path));
    }
    const std::filesystem::path page = std::filesystem::path(out_) / "report.html";
    write_file(page, html_of(page_of(std::move(records))));
    fmt::print("\n{}\n\n{}\n", what, result_table(results));
    fmt::print(
        "VAA: the attractors that 64 sequences lead to, over 64. In a classic network all end in the same one.\n"
        "Charts: {}\n",
        page.string());
    if (options_.json())
      fmt::print(
          "{}\n",
          json_line({{"classic", json_of(results[0])}, {"warm_up", json_of(results[1])}, {"path", page.string()}}));
    std::fflush(stdout);
    return std::max(report_failures(results[0]), report_failures(results[1]));
  }

 private:
  static Arm arm_of(const std::string& init) {
    return {.group = "", .name = init, .settings = joined(defaults, {{"init.name", init}})};
  }

  // A key that no arm has is refused by the first.
  Settings settings_for(const Arm& arm, const std::vector<Arm>& arms) const {
    Settings settings = options_.settings(settings_of(arm), [&](const std::string& assignment) {
      return knows(arm, assignment) ||
             std::none_of(arms.begin(), arms.end(), [&](const Arm& other) { return knows(other, assignment); });
    });
    settings.set("init.name", arm.name, "demo");
    return settings;
  }

  static inline const std::vector<Assignment> defaults{{"replicas", 4},
                                                       {"task.name", "copy_first_input"},
                                                       {"task.steps", 100},
                                                       {"task.train", 20000},
                                                       {"task.test", 10000},
                                                       {"model.cell", "gru"},
                                                       {"model.units", 64},
                                                       {"model.layers", 2},
                                                       {"train.updates", 500},
                                                       {"train.validate_every", 50},
                                                       {"train.validation_share", 0.05}};

  Options options_;
  std::string out_ = "runs/demo";
};

const Registration<Command> registration("demo", [] { return std::make_unique<Demo>(); });

}  // namespace
}  // namespace hysteron
