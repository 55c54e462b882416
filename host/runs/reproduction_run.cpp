#include "runs/reproduction_run.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <hysteron/error.hpp>
#include <hysteron/registry.hpp>

#include "files/atomic_file.hpp"
#include "files/folder_lock.hpp"
#include "files/json_object.hpp"
#include "files/sealed_json.hpp"
#include "report/page.hpp"
#include "report/run_labels.hpp"
#include "runs/machine.hpp"
#include "runs/recorded_run.hpp"
#include "runs/reproduction_table.hpp"

namespace hysteron {
namespace {

constexpr const char* plan_file = "reproduction.json";

std::string_view name_of(ReproductionScale scale) { return scale == ReproductionScale::quick ? "quick" : "full"; }

/// The settings that an arm begins with: its own, overridden by the environment, --set and flags.
Settings settings_of(const Arm& arm, const ReproductionPlan& plan) {
  Settings settings = settings_of(arm);
  settings.read_environment(process_environment());
  for (const std::string& assignment : plan.assignments)
    if (knows(arm, assignment)) settings.assign(assignment);
  return settings;
}

/// Refuses a key that no arm knows, and a value that is not accepted by the first arm that knows its key.
void check_assignments(const ReproductionPlan& plan) {
  const std::vector<Arm> arms = Registry<Reproduction>::make(plan.name)->arms(plan.scale);
  for (const std::string& assignment : plan.assignments) {
    const auto arm = std::find_if(arms.begin(), arms.end(), [&](const Arm& one) { return knows(one, assignment); });
    Settings settings = settings_of(arm == arms.end() ? arms.front() : *arm);
    settings.assign(assignment);
    configure(settings, Sections::task_and_training);
  }
}

/// Makes the data of every arm once, so that wrong settings and missing files are found before anything is written.
void check_data(const ReproductionPlan& plan) {
  std::vector<std::vector<Assignment>> made;  // arms that differ only in their networks have the same data
  for (const Arm& arm : Registry<Reproduction>::make(plan.name)->arms(plan.scale)) {
    Settings settings = settings_of(arm, plan);
    const Configuration configuration = configure(settings, Sections::task_and_training);
    const std::vector<Assignment> task = settings.section("task");
    if (std::find(made.begin(), made.end(), task) != made.end()) continue;
    made.push_back(task);
    doing("making the data of the arm " + arm.name, [&] { configuration.task->make(settings); });
  }
}

/// Whether the arm's run is now finished; false: it was stopped.
bool run_arm(const Arm& arm, const ReproductionPlan& plan, Journal& journal, const std::string& position) {
  const std::filesystem::path path = plan.folder / arm.name;
  if (is_run_folder(path) && is_finished(path)) return true;
  // A run that was killed before its first checkpoint begins again.
  const bool begun = is_run_folder(path) && has_checkpoint(path);
  Settings settings;
  if (begun)
    settings.read_file(path / "config.toml");
  else
    settings = settings_of(arm, plan);
  const Configuration configuration = configure(settings, Sections::task_and_training);
  journal.message(fmt::format("{}: {}{}", position, arm.name, begun ? ", where it stopped" : ""));
  const RunPlace place{path, begun ? RunPlace::Begin::resuming : RunPlace::Begin::replacing, plan.arguments};
  return !record_run(settings, configuration, journal, place).stopped();
}

/// What a finished arm ran with.
ArmInputs inputs_of(const Arm& arm, const ReproductionPlan& plan) {
  ArmInputs inputs;
  inputs.settings.read_file(plan.folder / arm.name / "config.toml");
  const Configuration configuration = configure(inputs.settings, Sections::task_and_training);
  inputs.data = task_data(inputs.settings, *configuration.task);
  inputs.backend = backend_of(inputs.settings);
  return inputs;
}

/// The settings that the user gave to all arms, for a page's lead.
std::string own_settings(const ReproductionPlan& plan) {
  return plan.assignments.empty() ? "" : fmt::format(", with {}", fmt::join(plan.assignments, ", "));
}

/// Compares every arm with the first of its group.
std::vector<Comparison> comparisons_of(const std::vector<RunGroup>& groups) {
  std::vector<Comparison> all;
  for (const RunGroup& group : groups)
    for (Comparison& comparison : compare(group.runs, labels_of(group.runs))) {
      comparison.sentence = group.title + ": " + comparison.sentence;
      all.push_back(std::move(comparison));
    }
  return all;
}

}  // namespace

ReproductionScale scale_named(std::string_view name) {
  if (name == "quick") return ReproductionScale::quick;
  if (name == "full") return ReproductionScale::full;
  const std::vector<std::string> known{"quick", "full"};
  throw unknown_name("scale", name, known);
}

void write_plan(const ReproductionPlan& plan, Existing existing) {
  check_assignments(plan);
  std::error_code code;
  const bool there = std::filesystem::exists(std::filesystem::symlink_status(plan.folder, code));
  if (there) {
    const bool reproduction = std::filesystem::exists(plan.folder / plan_file);
    if (existing == Existing::refuse || !reproduction)
      throw usage_error({.what = plan.folder.string() + " is there already",
                         .expected = reproduction ? "" : "the folder of a reproduction, or none",
                         .found = reproduction ? "a reproduction" : "something else",
                         .hint = reproduction ? "--resume " + plan.folder.string() + " goes on; --force replaces it"
                                              : "choose another --out"});
  }
  check_data(plan);
  if (there) {
    const FolderLock lock(plan.folder, "the reproduction");
    std::filesystem::remove_all(plan.folder);
  }
  make_folder(plan.folder);
  write_file(plan.folder / plan_file,
             sealed_line({{"name", plan.name}, {"scale", name_of(plan.scale)}, {"settings", plan.assignments}}));
}

ReproductionPlan read_plan(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / plan_file;
  if (!std::filesystem::exists(file))
    throw usage_error({.what = folder.string() + " is not the folder of a reproduction",
                       .expected = std::string("a folder with ") + plan_file,
                       .found = std::filesystem::is_directory(folder) ? "a folder without" : "no folder",
                       .hint = "hysteron reproduce NAME --out " + folder.string() + " begins one"});
  const char* const way_out = "--force with the same --out begins the reproduction anew";
  const Json json = read_sealed(file, way_out);
  ReproductionPlan plan;
  const JsonObject entries(json, file.string(), way_out);
  plan.name = entries.text("name");
  plan.scale = scale_named(entries.text("scale"));
  plan.folder = folder;
  plan.assignments = entries.texts("settings");
  return plan;
}

ReproductionEnd reproduce(const ReproductionPlan& plan, Journal& journal) {
  const std::unique_ptr<Reproduction> reproduction = Registry<Reproduction>::make(plan.name);
  const std::vector<Arm> arms = reproduction->arms(plan.scale);
  const FolderLock lock(plan.folder, "the reproduction");
  for (std::size_t i = 0; i < arms.size(); ++i)
    if (!run_arm(arms[i], plan, journal, fmt::format("{} of {}", i + 1, arms.size())))
      return {.stopped = true, .text = {}, .result = {}, .failed = {}};

  Page page{.title = fmt::format("reproduce {} ({})", plan.name, name_of(plan.scale)),
            .lead = reproduction->description() + own_settings(plan),
            .tables = {},
            .comparisons = {},
            .charts = {},
            .pictures = {},
            .groups = {},
            .notes = reproduction->ledger()};
  ReproductionEnd end;
  std::vector<ArmRow> rows;
  for (const Arm& arm : arms) {
    RunRecord run = read_run(plan.folder / arm.name);
    rows.push_back(row_of(arm.group, arm.name, run));
    if (!run.result.failures.empty()) end.failed.push_back(run.result);
    if (page.groups.empty() || page.groups.back().title != arm.group)
      page.groups.push_back({.title = arm.group, .runs = {}});
    page.groups.back().runs.push_back(std::move(run));
  }
  page.tables.push_back(table_of("Result", rows));
  const Findings findings =
      reproduction->findings(plan.scale, [&plan](const Arm& arm) { return inputs_of(arm, plan); });
  page.tables.insert(page.tables.end(), findings.tables.begin(), findings.tables.end());
  page.charts = findings.charts;
  page.pictures = findings.pictures;
  page.comparisons = comparisons_of(page.groups);
  const std::filesystem::path report = plan.folder / "report.html";
  write_file(report, html_of(page));

  end.text = "\n" + page.lead + "\n";
  for (const TextTable& table : page.tables) end.text += "\n" + text_of(table);
  end.text += "\n" + comparison_text(page.comparisons) + "\nWhat differs from the papers' own code:\n";
  for (const std::string& note : page.notes) end.text += "- " + note + "\n";
  end.text += "\n" + report.string() + "\n";
  Json row_list = Json::array();
  for (const ArmRow& row : rows) row_list.push_back(row_json(row));
  end.result = {{"name", plan.name}, {"scale", name_of(plan.scale)}, {"rows", row_list}, {"path", report.string()}};
  for (const TextTable& table : findings.tables) end.result["tables"].push_back(table_json(table));
  for (const Comparison& comparison : page.comparisons)
    end.result["comparisons"].push_back(comparison_json(comparison));
  write_file(plan.folder / "result.json", json_line(end.result) + "\n");
  return end;
}

}  // namespace hysteron
