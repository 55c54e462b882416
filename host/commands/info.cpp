#include <fmt/format.h>

#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>
#include <hysteron/version.hpp>

#include "command_line/computing_command.hpp"
#include "data/mnist_files.hpp"
#include "foundation/printable.hpp"
#include "runs/chosen_device.hpp"
#include "runs/self_test_lines.hpp"

namespace hysteron {
namespace {

/// Changed together with the results in bench/results.
constexpr const char* proven_gpus =
    "GPUs on which the kernels have been checked so far: none. make gpu-check checks yours; its page is worth sending "
    "in.";

struct TestedDevice {
  BackendDevice device;
  DeviceTest test;  ///< empty: another device was asked for
};

struct TestedBackend {
  std::string name, reason_against;  ///< empty: it can be used
  std::vector<std::string> libraries;
  std::vector<TestedDevice> devices;
};

/// What can run here.
struct Build {
  std::vector<TestedBackend> backends;
  bool mnist = false;
};

/// A family's members and what they are.
template <class Made>
std::vector<std::pair<std::string, std::string>> family() {
  std::vector<std::pair<std::string, std::string>> members;
  for (const std::string& name : Registry<Made>::names())
    members.emplace_back(name, Registry<Made>::make(name)->description());
  return members;
}

class Info final : public ComputingCommand<Build> {
 public:
  std::vector<std::string> words() const override { return {"info"}; }
  std::string example() const override { return "hysteron info"; }
  std::string summary() const override { return "what can run here, and what there is to choose from"; }
  std::string description() const override {
    return R"(This build, the devices that it can use and why it cannot use others, a self-test of every cell on each of
them (a shuffle, eigenvectors, a step of Adam; of every cell, back-propagation through a small network and a warm-up's
gradient: float against double on the CPU; a GPU in a process of its own), what there is to choose from, and where
data sets are found. Exits with 1 when a self-test fails.)";
  }

  void declare(Arguments& arguments) override { options_.declare_machine(arguments); }

 private:
  // The device that a run would take stands for all in the result; --device auto tests all that can run.
  Build compute(Settings& settings) override {
    Build build;
    for (const BackendKind& kind : backend_kinds()) build.backends.push_back(tested(kind, settings));
    for (const std::filesystem::path& folder : data_folders("")) build.mnist = build.mnist || holds_mnist(folder);
    backend(settings);  // after the tests, which may speak against it
    return build;
  }

  TestedBackend tested(const BackendKind& kind, const Settings& settings) {
    TestedBackend backend{kind.name, kind.reason_against(), {}, {}};
    if (backend.reason_against.empty()) backend.libraries = kind.libraries();
    const std::string& asked = settings.text("device");
    for (const BackendDevice& device : kind.devices()) {
      TestedDevice& tested = backend.devices.emplace_back(TestedDevice{device, {}});
      if (!backend.reason_against.empty() || !device.reason_against.empty()) continue;
      if (asked == "auto" || asked == kind.name || asked == device.name) tested.test = test_of(tested.device, settings);
    }
    return backend;
  }

  /// A device that has to prove itself does so in a process of its own, with all of its schedules; the CPU here.
  static DeviceTest test_of(BackendDevice& device, const Settings& settings) {
    if (!device.identity.empty()) return tested_anew(device);
    const std::unique_ptr<Backend> own = make_backend(device.name, static_cast<int>(settings.integer("threads")));
    device.description = own->description();  // with the threads asked for
    DeviceTest test;
    for (const SelfTest& one : self_tests(*own, settings.text("schedule")))
      if (std::optional<SelfTestResult> result = run_self_test(one, *own, *own)) test.results.push_back(*result);
    return test;
  }

  void print(const Build& build) const override {
    fmt::print("hysteron {} ({}, {})\n\n", version, compiler, build_type);
    for (const TestedBackend& backend : build.backends) {
      if (!backend.reason_against.empty()) fmt::print("{}: not usable: {}\n", backend.name, backend.reason_against);
      for (const std::string& library : backend.libraries) fmt::print("{}: uses {}\n", backend.name, library);
      if (backend.name != "cpu") fmt::print("{}: {}\n", backend.name, proven_gpus);
      for (const auto& [device, test] : backend.devices) {
        fmt::print("{}: {}{}\n", device.name, device.description,
                   device.reason_against.empty() ? "" : ": not usable: " + device.reason_against);
        for (const SelfTestResult& result : test.results) print_result(result);
      }
    }
    const auto list = [](const char* title, const auto& members) {
      fmt::print("\n{}\n", title);
      for (const auto& [name, description] : members) fmt::print("  {:<18} {}\n", name, description);
    };
    list("tasks", family<Task>());
    list("initializers", family<Initializer>());
    fmt::print("\ndata sets are looked for in --data, or in:\n");
    for (const std::filesystem::path& folder : data_folders("")) fmt::print("  {}\n", printable(folder.string()));
    fmt::print("MNIST is {}\n", build.mnist ? "there" : "not there: --data names its folder");
  }

  static void print_result(const SelfTestResult& result) {
    const std::string found = result.passed() ? fmt::format("ok      largest relative error {:.1e}", result.error)
                                              : "FAILED  " + result.failure;
    fmt::print("  {:<12} {:<8} {}\n", result.name, result.schedule == "auto" ? "" : result.schedule, found);
  }

  Json json(const Build& build) const override {
    Json cells = Json::object(), folders = Json::array(), tasks = Json::object(), initializers = Json::object();
    // What a step takes: recurrent matrices, in products one after the other; and the PyTorch module that it equals.
    for (const CellInfo& cell : every_cell())
      cells[std::string(cell.name)] = {{"matrices", cell.matrices()},
                                       {"products", (cell.recurrent > 0) + (cell.deep > 0)},
                                       {"torch", std::string(cell.torch)}};
    for (const std::filesystem::path& folder : data_folders("")) folders.push_back(folder.string());
    for (const auto& [name, description] : family<Task>()) tasks[name] = description;
    for (const auto& [name, description] : family<Initializer>()) initializers[name] = description;
    return {{"version", version},
            {"compiler", compiler},
            {"build_type", build_type},
            {"backends", backends_json(build)},
            {"cells", cells},
            {"tasks", tasks},
            {"initializers", initializers},
            {"data", {{"folders", folders}, {"mnist", build.mnist}}}};
  }

  static Json backends_json(const Build& build) {
    Json backends = Json::array();
    for (const TestedBackend& backend : build.backends) {
      Json devices = Json::array();
      for (const auto& [device, test] : backend.devices) {
        Json tests = Json::array();
        for (const SelfTestResult& result : test.results) tests.push_back(json_of(result));
        devices.push_back({{"name", device.name},
                           {"description", device.description},
                           {"usable", device.reason_against.empty()},
                           {"reason", device.reason_against},
                           {"self_test", tests}});
      }
      backends.push_back({{"name", backend.name},
                          {"usable", backend.reason_against.empty()},
                          {"reason", backend.reason_against},
                          {"libraries", backend.libraries},
                          {"devices", devices}});
    }
    return backends;
  }

  int exit_code(const Build& build) const override {
    for (const TestedBackend& backend : build.backends)
      for (const TestedDevice& device : backend.devices)
        for (const SelfTestResult& result : device.test.results)
          if (!result.passed()) return static_cast<int>(ErrorKind::defect);
    return 0;
  }
};

const Registration<Command> registration("info", [] { return std::make_unique<Info>(); });

}  // namespace
}  // namespace hysteron
