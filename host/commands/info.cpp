#include <fmt/format.h>

#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>
#include <hysteron/version.hpp>

#include "command_line/command.hpp"
#include "command_line/options.hpp"
#include "data/mnist_files.hpp"
#include "runs/self_test.hpp"

namespace hysteron {
namespace {

/// What a family's members are, by name.
template <class Made>
Json family() {
  Json members = Json::object();
  for (const std::string& name : Registry<Made>::names()) members[name] = Registry<Made>::make(name)->description();
  return members;
}

Json cells() {
  Json names = Json::array();
  for (const CellInfo& cell : every_cell()) names.push_back(std::string(cell.name));
  return names;
}

class Info final : public Command {
 public:
  std::string example() const override { return "hysteron info"; }
  std::string description() const override {
    return "This build, the devices that it can use and why it cannot use others, a self-test of every cell on each of "
           "them "
           "(a small network forward and backward, float against double on the CPU), what there is to choose from, and "
           "where data sets are found. Exits with 1 when a self-test fails.";
  }

  void declare(CLI::App& app) override { options_.declare_machine(app); }

  int run(const std::vector<std::string>&) override {
    const Stopwatch watch;
    Settings settings = options_.settings();
    settings.declare("device", "auto", "what to test: auto is everything that can run");
    settings.declare("threads", 0, "of the CPU", range(0, 4096));
    settings.declare("schedule", "auto", "of the devices' self-tests");
    const std::string& schedule = settings.text("schedule");
    const int threads = static_cast<int>(settings.integer("threads"));
    const std::string chosen = make_backend(settings.text("device"), threads)->name();
    Json backends = Json::array();
    for (const BackendKind& kind : backend_kinds())
      backends.push_back(backend(kind, {settings.text("device"), schedule, threads}));
    Json result{{"version", version},
                {"compiler", compiler},
                {"build_type", build_type},
                {"backends", backends},
                {"cells", cells()},
                {"tasks", family<Task>()},
                {"initializers", family<Initializer>()},
                {"data", data()}};
    result = complete_result(std::move(result), watch, chosen, nullptr);
    print(result);
    for (const Json& kind : result["backends"])
      for (const Json& device : kind["devices"])
        for (const Json& test : device["self_test"])
          if (!test["ok"].get<bool>()) return static_cast<int>(ErrorKind::defect);
    return 0;
  }

 private:
  // A kind of backend, with the tests of its devices: of all of them, or of the one that is asked for.
  struct Asked {
    std::string device, schedule;
    int threads;
  };
  static Json backend(const BackendKind& kind, const Asked& asked) {
    const std::string against = kind.reason_against();
    Json devices = Json::array();
    const std::vector<std::string> lines = against.empty() ? kind.devices() : std::vector<std::string>();
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::unique_ptr<Backend> device = kind.make(static_cast<int>(i), asked.threads);
      Json tests = Json::array();
      if (asked.device == "auto" || asked.device == kind.name || asked.device == device->name()) {
        device->use_schedule(asked.schedule);
        for (const CellTest& test : test_every_cell(*device))
          tests.push_back({{"cell", test.cell}, {"error", test.error}, {"ok", test.passed}});
      }
      devices.push_back({{"name", device->name()}, {"description", device->description()}, {"self_test", tests}});
    }
    return {{"name", kind.name}, {"usable", against.empty()}, {"reason", against}, {"devices", devices}};
  }

  // Where MNIST lies, if anywhere.
  static Json data() {
    Json folders = Json::array();
    bool found = false;
    for (const std::filesystem::path& folder : data_folders("")) {
      folders.push_back(folder.string());
      found = found || holds_mnist(folder);
    }
    return {{"folders", folders}, {"mnist", found}};
  }

  Options options_;

  void print(const Json& result) const {
    fmt::print("hysteron {} ({}, {})\n\n", version, compiler, build_type);
    for (const Json& kind : result["backends"]) {
      if (!kind["usable"].get<bool>())
        fmt::print("{}: not usable: {}\n", kind["name"].get<std::string>(), kind["reason"].get<std::string>());
      for (const Json& device : kind["devices"]) {
        fmt::print("{}: {}\n", device["name"].get<std::string>(), device["description"].get<std::string>());
        for (const Json& test : device["self_test"])
          fmt::print("  {:<8} {:<7} largest relative error {:.1e}\n", test["cell"].get<std::string>(),
                     test["ok"].get<bool>() ? "ok" : "FAILED", test["error"].get<double>());
      }
    }
    const auto list = [&](const char* title, const Json& members) {
      fmt::print("\n{}\n", title);
      for (const auto& [name, description] : members.items())
        fmt::print("  {:<18} {}\n", name, description.get<std::string>());
    };
    list("tasks", result["tasks"]);
    list("initializers", result["initializers"]);
    fmt::print("\ndata sets are looked for in --data, or in:\n");
    for (const Json& folder : result["data"]["folders"]) fmt::print("  {}\n", folder.get<std::string>());
    fmt::print("MNIST is {}\n", result["data"]["mnist"].get<bool>() ? "there" : "not there: --data names its folder");
    if (options_.json()) fmt::print("{}\n", json_line(result));
  }
};

const Registration<Command> registration("info", [] { return std::make_unique<Info>(); });

}  // namespace
}  // namespace hysteron
