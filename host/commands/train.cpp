#include <fmt/format.h>

#include <hysteron/registry.hpp>

#include "command_line/command.hpp"
#include "command_line/network_files.hpp"
#include "command_line/options.hpp"
#include "command_line/result_table.hpp"
#include "files/json.hpp"
#include "files/source.hpp"
#include "foundation/printable.hpp"
#include "records/run_folder.hpp"
#include "records/run_result_file.hpp"
#include "runs/recorded_run.hpp"
#include "runs/stop_signal.hpp"
#include "settings/settings_toml.hpp"

namespace hysteron {
namespace {

// The keys that say how long a run lasts.
const std::vector<std::string> lengths_of_run{"train.updates", "train.epochs", "train.episodes"};
// Those that say where its data are: a file may be elsewhere now, but has to be the same (runs/run_inputs.hpp).
const std::vector<std::string> places_of_data{"task.data",        "task.inputs",      "task.targets",
                                              "task.lengths",     "task.test_inputs", "task.test_targets",
                                              "task.test_lengths"};

class Train final : public Command {
 public:
  std::vector<std::string> words() const override { return {"train"}; }
  std::string example() const override {
    return "hysteron train --task copy_first_input --cell gru --units 64 --layers 2 --init warm_up --replicas 4 \\\n"
           "    --set task.steps=100 --set train.updates=500 --out runs/x";
  }
  std::string summary() const override { return "build, initialize, train and evaluate networks; write a run folder"; }
  std::string description() const override {
    return R"(Builds, initializes, trains and evaluates a population of networks, and writes a run folder: its
configuration, models, journal, result and a page. --model starts from the weights of a file, ours or PyTorch's: every
replica has them, and its sizes are the network's. Ctrl-C once finishes the step and leaves a checkpoint, from which
--resume goes on; twice ends the program at once.)";
  }

  void declare(Arguments& arguments) override {
    std::vector<KeyFlag> flags(task_flags().begin(), task_flags().end());
    flags.push_back({"--model", "model.start"});
    options_.declare(arguments, flags);
    reading_.declare(arguments);
    arguments.add("--out", &out_, "the run folder").value_name("FOLDER").otherwise("runs/TASK-CELL-INIT-SEED");
    arguments.add("--force", &force_, "replace an existing run folder");
    arguments
        .add("--resume", &resume_,
             "go on with the run in this folder, with its own configuration; --set train.updates=N lets it go on for "
             "longer, even if it is finished")
        .excludes({"--out", "--force"})
        .value_name("FOLDER");
  }

  int run(const std::vector<std::string>& arguments) override {
    Settings settings = resume_.empty() ? options_.settings() : settings_of_run();
    reading_.put(settings);
    const Configuration configuration =
        configure(settings, Sections::task_and_training, resume_.empty() ? StartFile::read : StartFile::passed_over);
    expect_something_to_train(settings);
    const std::unique_ptr<Journal> journal = options_.journal();
    const RunResult result = record_run(settings, configuration, *journal, place(settings, arguments));
    if (!result.stopped()) {
      fmt::print("{}", result_table({result}));
      fmt::print("{} in {:.1f} s on {}\n", printable(result.run), result.seconds, result.device);
    }
    if (options_.json()) fmt::print("{}\n", json_line(json_of(result)));
    std::fflush(stdout);
    if (result.stopped()) {
      journal->message(has_checkpoint(result.run)
                           ? "stopped; go on with: hysteron train --resume " + result.run
                           : "stopped before the first checkpoint; the same command with --force begins anew");
      return stopped_exit_code;
    }
    return report_failures(result);
  }

 private:
  // The defaults of all keys together are a run of an hour that nobody asked for.
  static void expect_something_to_train(const Settings& settings) {
    for (const SettingKey& key : settings.keys())
      for (const char* section : {"task.", "model.", "init.", "train."})
        if (key.name.starts_with(section) && settings.given(key.name)) return;
    throw usage_error({.what = "hysteron train is not told what to train",
                       .expected = "a configuration, or options such as --task, --cell and --init:\n"
                                   "    hysteron train CONFIG [OPTIONS]\n"
                                   "    hysteron train --task copy_first_input --init warm_up --out runs/first",
                       .found = "neither",
                       .hint = "hysteron help train shows every option, hysteron demo is a run of a minute"});
  }

  // As it began, except for how long it lasts, and for where its data are.
  Settings settings_of_run() const {
    std::vector<std::string> may_change = lengths_of_run;
    may_change.insert(may_change.end(), places_of_data.begin(), places_of_data.end());
    options_.expect_no_settings("a run", may_change);
    Settings settings = recorded_settings();
    if (!is_finished(resume_)) expect_resumable(resume_);
    if (is_finished(resume_) && !is_to_last_longer())
      throw usage_error({.what = "the run " + resume_ + " cannot be resumed",
                         .expected = "the folder of a run that was stopped",
                         .found = "that it is finished: it has its result.json",
                         .hint = "--set train.updates=N goes on for longer; --force --out NAME starts anew"});
    for (const std::string& assignment : options_.assignments()) settings.assign(assignment);
    if (!is_finished(resume_)) return settings;
    Settings before = recorded_settings(), now = settings;
    configure(before, Sections::task_and_training, StartFile::passed_over);
    configure(now, Sections::task_and_training, StartFile::passed_over);
    for (const std::string& key : lengths_of_run) {
      const bool counts = now.declared(key) && (key != "train.epochs" || now.integer("train.updates") < 0);
      if (counts && now.integer(key) > before.integer(key)) return settings;
    }
    throw usage_error({.what = "the run " + resume_ + " is finished, and would not go on for longer",
                       .expected = fmt::format("more of {} than it had", fmt::join(lengths_of_run, ", ")),
                       .found = fmt::format("{}", fmt::join(options_.assignments(), ", ")),
                       .hint = "its config.toml says how long it was"});
  }

  Settings recorded_settings() const {
    Settings settings;
    if (!is_run_folder(resume_)) expect_resumable(resume_);
    const std::filesystem::path config = std::filesystem::path(resume_) / "config.toml";
    settings.read_file(config);
    // Paths are relative to the folder that the run began in.
    const std::string name = (std::filesystem::path(resume_) / "environment.json").string();
    const Json environment = parse_json(read_text(name), name);
    if (!environment.is_object() || !environment.contains("folder") || !environment["folder"].is_string())
      return settings;
    const std::filesystem::path folder = environment["folder"].get<std::string>();
    const auto place = [&](const TomlLeaf& leaf) {
      const auto* const text = leaf.value ? std::get_if<std::string>(&*leaf.value) : nullptr;
      if (!text || text->empty() || std::ranges::find(places_of_data, leaf.key) == places_of_data.end()) return;
      std::error_code code;
      if (!std::filesystem::exists(*text, code) && std::filesystem::exists(folder / *text, code))
        settings.assign(leaf.key + "=" + (folder / *text).string());
    };
    visit_toml(read_text(config), config.string(), place, [](const TomlSection&) {});
    return settings;
  }

  bool is_to_last_longer() const {
    return std::ranges::any_of(options_.assignments(), [](const std::string& assignment) {
      return std::ranges::find(lengths_of_run, assignment.substr(0, assignment.find('='))) != lengths_of_run.end();
    });
  }

  RunPlace place(const Settings& settings, const std::vector<std::string>& arguments) const {
    using Begin = RunPlace::Begin;
    if (!resume_.empty()) return {resume_, Begin::resuming, arguments, is_to_last_longer()};
    const std::string name = fmt::format("runs/{}-{}-{}-{}", settings.text("task.name"), settings.text("model.cell"),
                                         settings.text("init.name"), settings.integer("seed"));
    return {out_.empty() ? name : out_, force_ ? Begin::replacing : Begin::fresh, arguments};
  }

  Options options_;
  ModelOptions reading_;
  std::string out_, resume_;
  bool force_ = false;
};

const Registration<Command> registration("train", [] { return std::make_unique<Train>(); });

}  // namespace
}  // namespace hysteron
