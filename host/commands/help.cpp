#include <fmt/format.h>

#include <hysteron/registry.hpp>

#include "command_line/reference.hpp"
#include "command_line/verbs.hpp"

namespace hysteron {
namespace {

class Help final : public Command {
 public:
  std::vector<std::string> words() const override { return {"help"}; }
  std::string example() const override { return "hysteron help measure vaa"; }
  std::string summary() const override { return "what a verb does, and every option of it"; }
  std::string description() const override {
    return R"(What a verb does, and every option of it; without a verb, the list of verbs. --markdown gives the
same for all verbs as one page.)";
  }

  void declare(Arguments& arguments) override {
    arguments.add("VERB", &verb_, "one verb, of one or more words");
    arguments.add("--markdown", &markdown_, "every verb with its options and defaults, and the exit codes, as Markdown")
        .excludes({"VERB"});
    arguments.add("--man", &man_, "the same as a manual page: hysteron help --man | man -l -")
        .excludes({"VERB", "--markdown"});
  }

  int run(const std::vector<std::string>&) override {
    const Verbs verbs;
    fmt::print("{}", man_ ? manual_page(verbs) : markdown_ ? reference_of(verbs) : verbs.help(verb_));
    return 0;
  }

 private:
  std::vector<std::string> verb_;
  bool markdown_ = false, man_ = false;
};

const Registration<Command> registration("help", [] { return std::make_unique<Help>(); });

}  // namespace
}  // namespace hysteron
