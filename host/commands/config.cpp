#include <fmt/format.h>

#include <hysteron/registry.hpp>

#include "command_line/command.hpp"
#include "command_line/options.hpp"
#include "command_line/reference.hpp"
#include "runs/configuration.hpp"

namespace hysteron {
namespace {

class Config final : public Command {
 public:
  std::vector<std::string> words() const override { return {"config"}; }
  std::string example() const override {
    return R"(hysteron config --task copy_first_input --init warm_up > run.toml
hysteron config --keys)";
  }
  std::string summary() const override { return "the configuration of a run, with every key, without the run"; }
  std::string description() const override {
    return R"(Prints the configuration that `hysteron train` would run with under the same options: every key with its
value and what it is, as TOML. It is itself a configuration that train takes.)";
  }

  void declare(Arguments& arguments) override {
    arguments.add("--keys", &keys_, "every key of every task, initializer and way to train, as Markdown");
    options_.declare(arguments, task_flags());
  }

  int run(const std::vector<std::string>&) override {
    if (keys_) {
      fmt::print("{}", reference_of_keys());
      return 0;
    }
    Settings settings = options_.settings();
    const Configuration configuration = configure(settings, Sections::task_and_training);
    const std::unique_ptr<Journal> journal = options_.journal();
    for (const std::string& note : configuration.notes) journal->message(note);
    fmt::print("{}", settings.to_toml());
    if (options_.json()) fmt::print("{}\n", json_line({{"toml", settings.to_toml()}}));
    return 0;
  }

 private:
  Options options_;
  bool keys_ = false;
};

const Registration<Command> registration("config", [] { return std::make_unique<Config>(); });

}  // namespace
}  // namespace hysteron
