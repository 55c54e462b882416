// The composition root: the only catch, the only exit code.
#include <cerrno>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <hysteron/backend.hpp>
#include <hysteron/error.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/version.hpp>

#include "command_line/command.hpp"

namespace hysteron {
namespace {

std::string version_text() {
  std::string text = fmt::format("hysteron {} ({}, {})\n", version, compiler, build_type);
  for (const BackendKind& kind : backend_kinds()) {
    const std::string against = kind.reason_against();
    text += fmt::format("  {}: {}\n", kind.name, against.empty() ? "usable" : "not usable: " + against);
    for (const std::string& device : kind.devices()) text += fmt::format("    {}\n", device);
  }
  return text;
}

// The program's verbs as a tree: "measure_vaa" is vaa under measure.
class Verbs {
 public:
  Verbs() {
    app_.name("hysteron");
    app_.require_subcommand(1);
    app_.set_version_flag("--version", version_text);
    app_.footer("hysteron help VERB shows the options of a verb. Documentation: README.md");
    for (const std::string& name : Registry<Command>::names()) {
      std::unique_ptr<Command> command = Registry<Command>::make(name);
      const std::size_t split = name.find('_');
      CLI::App* group = &app_;
      if (split != std::string::npos) {
        group = group_named(name.substr(0, split));
        const std::string before = group->get_description();
        group->description((before.empty() ? "Verbs: " : before + ", ") + name.substr(split + 1));
      }
      CLI::App* app =
          group->add_subcommand(split == std::string::npos ? name : name.substr(split + 1),
                                fmt::format("Example:\n  {}\n\n{}", command->example(), command->description()));
      app->allow_extras();
      command->declare(*app);
      commands_.push_back({app, std::move(command)});
    }
  }

  int run(std::vector<std::string> arguments) {
    const std::vector<std::string> whole = arguments;
    arguments.erase(arguments.begin());
    if (!arguments.empty() && arguments[0] == "help") {  // help VERB is VERB --help
      arguments.erase(arguments.begin());
      arguments.push_back("--help");
    }
    refuse_unknown_verb(app_, arguments, 0);
    try {
      std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
      app_.parse(reversed);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app_.exit(error);
      for (const auto& [app, command] : commands_)  // a misspelt option explains one that is missing
        if (app->parsed()) refuse_extras(*app);
      throw usage_error({.what = error.what(), .hint = "hysteron help VERB shows what a verb takes"});
    }
    for (const auto& [app, command] : commands_) {
      if (!app->parsed()) continue;
      refuse_extras(*app);
      const int code = command->run(whole);
      if (std::fflush(stdout) != 0 || std::ferror(stdout))
        throw data_error(
            {.what = "cannot write the results to standard output", .found = std::generic_category().message(errno)});
      return code;
    }
    throw defect({.what = "no verb ran"});
  }

 private:
  struct Entry {
    CLI::App* app;
    std::unique_ptr<Command> command;
  };

  CLI::App* group_named(const std::string& name) {
    for (CLI::App* group : app_.get_subcommands({}))
      if (group->get_name() == name) return group;
    CLI::App* group = app_.add_subcommand(name);
    group->require_subcommand(1);
    return group;
  }

  // CLI11 lists the verbs; the nearest one is ours to name.
  static void refuse_unknown_verb(const CLI::App& app, const std::vector<std::string>& arguments, std::size_t at) {
    std::vector<std::string> known;
    if (at >= arguments.size()) {
      for (const CLI::App* verb : app.get_subcommands({})) known.push_back(verb->get_name());
      throw usage_error({.what = "a verb is missing after \"" + app.get_name() + "\"",
                         .expected = fmt::format("one of: {}", fmt::join(known, ", ")),
                         .hint = "hysteron --help shows what they do"});
    }
    if (arguments[at].starts_with('-')) return;
    for (const CLI::App* verb : app.get_subcommands({})) {
      if (verb->get_name() == arguments[at]) {
        if (!verb->get_subcommands({}).empty()) refuse_unknown_verb(*verb, arguments, at + 1);
        return;
      }
      known.push_back(verb->get_name());
    }
    throw unknown_name("verb", arguments[at], known);
  }

  static void refuse_extras(const CLI::App& app) {
    if (app.remaining().empty()) return;
    const std::string extra = app.remaining().front();
    if (!extra.starts_with('-'))
      throw usage_error({.what = "\"" + extra + "\" is one argument too many",
                         .hint = "hysteron help " + app.get_name() + " shows what the verb takes"});
    std::vector<std::string> known;
    for (const CLI::Option* option : app.get_options({}))
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    throw unknown_name("option", extra.substr(0, extra.find('=')), known);
  }

  CLI::App app_{"Recurrent networks with a long memory before their first training step."};
  std::vector<Entry> commands_;
};

int failed(int code, const std::string& message) {
  std::fflush(stdout);
  fmt::print(stderr, "error: {}\n", message);
  return code;
}

}  // namespace
}  // namespace hysteron

int main(int count, char** values) {
  using namespace hysteron;
  try {
    return Verbs().run({values, values + count});
  } catch (const Error& error) {
    return failed(static_cast<int>(error.kind()), error.what());
  } catch (const std::bad_alloc&) {
    return failed(static_cast<int>(ErrorKind::device),
                  "out of memory\n  hint: fewer replicas, shorter sequences or a smaller batch need less");
  } catch (const std::exception& error) {
    return failed(static_cast<int>(ErrorKind::defect), fmt::format("{} (a defect of hysteron)", error.what()));
  }
}
