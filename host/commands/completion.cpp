#include "command_line/completion.hpp"

#include <fmt/format.h>

#include <hysteron/registry.hpp>

namespace hysteron {
namespace {

class Completion final : public Command {
 public:
  std::vector<std::string> words() const override { return {"completion"}; }
  std::string example() const override {
    return "hysteron completion bash > ~/.local/share/bash-completion/completions/hysteron";
  }
  std::string summary() const override { return "a script with which a shell completes verbs and options"; }
  std::string description() const override {
    return R"(Prints a script with which bash, zsh or fish completes verbs, options, and values that are one of several;
its first lines say where it goes.)";
  }

  void declare(Arguments& arguments) override {
    arguments.add("SHELL", &shell_, "the shell").choices(completed_shells()).required();
  }

  int run(const std::vector<std::string>&) override {
    fmt::print("{}", completion(Verbs(), shell_));
    return 0;
  }

 private:
  std::string shell_;
};

const Registration<Command> registration("completion", [] { return std::make_unique<Completion>(); });

}  // namespace
}  // namespace hysteron
