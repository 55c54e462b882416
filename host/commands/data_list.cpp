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

class DataList final : public Command {
 public:
  std::vector<std::string> words() const override { return {"data", "list"}; }
  std::string example() const override { return "hysteron data list"; }
  std::string summary() const override { return "the data sets that tasks can read, and where they are"; }
  std::string description() const override {
    return R"(The data sets that tasks can read, and where each of them lies, if it does. They are looked for in --data,
or in $HYSTERON_DATA and then the cache ($XDG_CACHE_HOME/hysteron or ~/.cache/hysteron).)";
  }

  void declare(Arguments& arguments) override {
    table_.declare(arguments);
    options_.declare_output(arguments);
  }

  int run(const std::vector<std::string>&) override {
    const std::vector<std::filesystem::path> folders = data_folders(table_.data);
    Json sets = Json::array(), looked = Json::array();
    for (const std::filesystem::path& folder : folders) looked.push_back(folder.string());
    for (const DataSet& set : table_.sets()) {
      Json files = Json::array();
      std::vector<std::string> places;  // of each file, in words
      std::size_t found = 0;
      for (const DataFile& file : set.files) {
        const auto path = find_data_file(set, file, folders);
        found += path ? 1 : 0;
        places.push_back(path ? path->string() : "lacks " + file.name);
        files.push_back({{"name", file.name}, {"path", path ? Json(path->string()) : Json()}, {"urls", file.urls}});
      }
      sets.push_back({{"name", set.name},
                      {"title", set.title},
                      {"tasks", set.tasks},
                      {"license", set.license},
                      {"cite", set.cite},
                      {"found", found == set.files.size()},
                      {"files", files}});
      fmt::print("{:<16} {}; {}\n", set.name, set.title, set.license);
      fmt::print("{:<16} tasks {}; cite {}\n", "", fmt::join(set.tasks, ", "), set.cite);
      if (found == 0)
        fmt::print("{:<16} not there: {}\n", "",
                   set.by_hand.empty() ? "hysteron data get " + set.name + " fetches it" : set.by_hand);
      for (const std::string& place : places)
        if (found > 0) fmt::print("{:<16} {}\n", "", printable(place));
    }
    fmt::print("\nlooked in {}\n", printable(names_of(folders)));
    if (options_.json()) fmt::print("{}\n", json_line({{"folders", looked}, {"sets", sets}}));
    return 0;
  }

 private:
  Options options_;
  DataTable table_;
};

const Registration<Command> registration("data_list", [] { return std::make_unique<DataList>(); });

}  // namespace
}  // namespace hysteron
