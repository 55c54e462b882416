#include <fmt/format.h>

#include <hysteron/registry.hpp>

#include "command_line/command.hpp"
#include "command_line/data_table.hpp"
#include "command_line/options.hpp"
#include "data/data_sets.hpp"
#include "data/mnist_files.hpp"
#include "foundation/printable.hpp"

namespace hysteron {
namespace {

class DataCheck final : public Command {
 public:
  std::vector<std::string> words() const override { return {"data", "check"}; }
  std::string example() const override { return "hysteron data check mnist"; }
  std::string summary() const override { return "compare the files of data sets with what they should hold"; }
  std::string description() const override {
    return R"(Reads every file of data sets and compares the SHA-256 of its contents, unpacked, with the known one.
Without names, checks all data sets that exist. Exits with 3 when a file is wrong or missing, or none is there.)";
  }

  void declare(Arguments& arguments) override {
    table_.declare_names(arguments, "data sets that must be there").otherwise("those that are there");
    table_.declare(arguments);
    options_.declare_output(arguments);
  }

  int run(const std::vector<std::string>&) override {
    const std::vector<std::filesystem::path> folders = data_folders(table_.data);
    const std::vector<DataSet> sets = table_.names.empty() ? table_.sets() : table_.chosen();
    Json files = Json::array();
    std::string wrong;
    for (const DataSet& set : sets) {
      std::size_t found = 0;
      for (const DataFile& file : set.files) found += find_data_file(set, file, folders) ? 1 : 0;
      if (found == 0 && table_.names.empty()) continue;
      for (const DataFile& file : set.files) {
        const auto path = find_data_file(set, file, folders);
        const std::string problem = path ? wrong_with(file, *path) : "not there";
        const std::string place = path ? path->string() : file.name;
        fmt::print("{:<16} {}  {}\n", set.name, printable(place), problem.empty() ? "right" : problem);
        files.push_back({{"set", set.name}, {"file", place}, {"right", problem.empty()}, {"problem", problem}});
        if (!problem.empty()) wrong += fmt::format("\n    {}: {}", place, problem);
      }
    }
    if (files.empty())
      throw data_error({.what = "there is no data set to check",
                        .expected = "one or more",
                        .found = "none in " + names_of(folders),
                        .hint = "--data DIR, or hysteron data get NAME"});
    if (options_.json()) fmt::print("{}\n", json_line({{"right", wrong.empty()}, {"files", files}}));
    if (!wrong.empty())
      throw data_error({.what = "files of data sets are not what they should be",
                        .found = wrong,
                        .hint = "hysteron data get fetches what is missing or wrong"});
    return 0;
  }

 private:
  Options options_;
  DataTable table_;
};

const Registration<Command> registration("data_check", [] { return std::make_unique<DataCheck>(); });

}  // namespace
}  // namespace hysteron
