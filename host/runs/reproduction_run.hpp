#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <hysteron/journal.hpp>
#include <hysteron/run_result.hpp>

#include "files/json.hpp"
#include "records/run_folder.hpp"
#include "runs/reproduction.hpp"

namespace hysteron {

/// Throws a usage error for a scale that is neither quick nor full.
ReproductionScale scale_named(std::string_view name);

/// What is to be reproduced, and where. Its folder holds reproduction.json (this), a run folder for each arm, and at
/// the end result.json and report.html.
struct ReproductionPlan {
  std::string name;  ///< of the reproduction
  ReproductionScale scale = ReproductionScale::quick;
  std::filesystem::path folder;
  std::vector<std::string> assignments;  ///< settings that override those of every arm, as --set takes them
  std::vector<std::string> arguments;    ///< the command line, for the runs' environment.json
};

/// Writes reproduction.json, once the data of every arm could be made. Throws a usage error for an unknown name, and if
/// the folder already exists; Existing::replace replaces another reproduction, and nothing else.
void write_plan(const ReproductionPlan& plan, Existing existing);
/// Throws a usage error for a folder without reproduction.json.
ReproductionPlan read_plan(const std::filesystem::path& folder);

struct ReproductionEnd {
  bool stopped = false;  ///< by a signal; every arm has its checkpoint
  std::string text;      ///< the table, the comparisons and the ledger, for a terminal
  Json result;
  std::vector<RunResult> failed;  ///< the results of runs in which replicas stopped on a number that was not finite
};

/// Runs what is not finished yet, each arm from where it stopped, then makes the table and the page. A resumed run ends
/// with the same numbers as one that never stopped.
ReproductionEnd reproduce(const ReproductionPlan& plan, Journal& journal);

}  // namespace hysteron
