#include <fmt/format.h>

#include <hysteron/registry.hpp>

#include "command_line/command.hpp"
#include "command_line/data_table.hpp"
#include "command_line/options.hpp"
#include "data/fetched_file.hpp"
#include "data/mnist_files.hpp"
#include "foundation/printable.hpp"
#include "runs/stop_signal.hpp"

namespace hysteron {
namespace {

class DataGet final : public Command {
 public:
  std::vector<std::string> words() const override { return {"data", "get"}; }
  std::string example() const override { return "hysteron data get mnist"; }
  std::string summary() const override { return "fetch data sets, and check what arrives"; }
  std::string description() const override {
    return R"(Fetches data sets with the program curl into --data, or $HYSTERON_DATA, or the cache. What is there
already and right stays; an interrupted fetch goes on where it stopped; a file takes its name once its contents have the
right SHA-256. Ctrl-C once stops, and keeps what has arrived.)";
  }

  void declare(Arguments& arguments) override {
    table_.declare_names(arguments, "data sets: hysteron data list names them").required();
    table_.declare(arguments);
    options_.declare_output(arguments);
  }

  int run(const std::vector<std::string>&) override {
    const std::vector<DataSet> sets = table_.chosen();
    const std::vector<std::filesystem::path> folders = data_folders(table_.data);
    if (folders.empty())
      throw usage_error({.what = "there is no folder to fetch data sets into",
                         .found = "neither HYSTERON_DATA nor XDG_CACHE_HOME nor HOME is set",
                         .hint = "--data DIR"});
    const std::unique_ptr<Journal> journal = options_.journal();
    listen_for_stop_signals();
    Json files = Json::array();
    for (const DataSet& set : sets)
      for (const DataFile& file : set.files) {
        const FetchEnd end = doing("fetching the data set " + set.name,
                                   [&] { return fetch_file(set, file, folders.front(), *journal, stop_requested); });
        if (end == FetchEnd::stopped) {
          journal->message("stopped; the same command goes on with what has arrived");
          return stopped_exit_code;
        }
        const auto path = find_data_file(set, file, {folders.front()});
        const char* const how = end == FetchEnd::there ? "there already" : "fetched";
        fmt::print("{}  {}\n", printable(path->string()), how);
        files.push_back({{"set", set.name}, {"path", path->string()}, {"fetched", end == FetchEnd::fetched}});
      }
    if (options_.json()) fmt::print("{}\n", json_line({{"files", files}}));
    return 0;
  }

 private:
  Options options_;
  DataTable table_;
};

const Registration<Command> registration("data_get", [] { return std::make_unique<DataGet>(); });

}  // namespace
}  // namespace hysteron
