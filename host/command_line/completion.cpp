#include "command_line/completion.hpp"

#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <hysteron/error.hpp>

namespace hysteron {
namespace {

struct CompletedVerb {
  std::string name, summary;                 ///< "measure vaa"
  std::vector<std::string> options, values;  ///< of arguments without a name
};

/// What may come where, in the terms of every shell.
struct Completions {
  std::vector<CompletedVerb> verbs;
  std::map<std::string, std::set<std::string>> next;    ///< by the words so far: "measure" -> gradient, memory, vaa
  std::map<std::string, std::set<std::string>> values;  ///< by option: "--cell" -> gru, …; none: a file
};

Completions completions_of(const Verbs& verbs) {
  Completions all;
  for (const auto& command : verbs.all()) {
    Arguments arguments(fmt::format("{}", fmt::join(command->words(), " ")));
    command->declare(arguments);
    CompletedVerb& verb = all.verbs.emplace_back(CompletedVerb{arguments.verb(), command->summary(), {"--help"}, {}});
    std::string before;
    for (const std::string& word : command->words()) {
      all.next[before].insert(word);
      before += (before.empty() ? "" : " ") + word;
    }
    for (const Argument& argument : arguments.all()) {
      if (argument.positional()) {
        verb.values.insert(verb.values.end(), argument.values().begin(), argument.values().end());
        continue;
      }
      verb.options.push_back(argument.name());
      if (!argument.flag()) all.values[argument.name()].insert(argument.values().begin(), argument.values().end());
    }
  }
  return all;
}

// A function in the common part of bash and zsh: `words` is what may stand at the cursor, nothing where a file may.
std::string cases_of(const Completions& all) {
  std::string text = "  case \"$previous\" in\n";
  for (const auto& [option, values] : all.values)
    text += fmt::format("    {}) words=\"{}\"; return ;;\n", option, fmt::join(values, " "));
  text += "  esac\n  case \"$verb\" in\n";
  for (const auto& [before, next] : all.next)
    text += fmt::format("    \"{}\") words=\"{}{}\" ;;\n", before, fmt::join(next, " "),
                        before.empty() ? " --help --version" : "");
  for (const CompletedVerb& verb : all.verbs)
    text += fmt::format("    \"{0}\"|\"{0} \"*) words=\"{1}\" ;;\n", verb.name,
                        fmt::join(verb.values.empty() ? verb.options : verb.values, " "));
  return text + "  esac\n";
}

std::string bash_of(const Completions& all) {
  return "# Put this where bash looks: hysteron completion bash > ~/.local/share/bash-completion/completions/hysteron\n"
         "_hysteron_words() {\n" +
         cases_of(all) +
         R"(}
_hysteron() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" verb="" words="" at
  for ((at = 1; at < COMP_CWORD; ++at)); do
    [[ "${COMP_WORDS[at]}" == -* ]] && break
    verb+="${verb:+ }${COMP_WORDS[at]}"
  done
  _hysteron_words
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _hysteron hysteron
)";
}

std::string zsh_of(const Completions& all) {
  return "#compdef hysteron\n# Put this where zsh looks: hysteron completion zsh > a folder of $fpath/_hysteron\n"
         "_hysteron_words() {\n" +
         cases_of(all) +
         R"(}
_hysteron() {
  local line=("${words[@]}") previous="${words[CURRENT-1]}" verb="" at
  for ((at = 2; at < CURRENT; ++at)); do
    [[ "${line[at]}" == -* ]] && break
    verb+="${verb:+ }${line[at]}"
  done
  local words=""
  _hysteron_words
  compadd -- ${=words} || _files
}
compdef _hysteron hysteron
)";
}

std::string fish_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char letter : text)
    quoted += letter == '\'' || letter == '\\' ? std::string("\\") + letter : std::string(1, letter);
  return quoted + "'";
}

std::string fish_of(const Completions& all) {
  std::string text =
      "# Put this where fish looks: hysteron completion fish > ~/.config/fish/completions/hysteron.fish\n";
  for (const CompletedVerb& verb : all.verbs) {
    const std::size_t space = verb.name.find(' ');
    const std::string first = verb.name.substr(0, space);
    std::string seen = "__fish_seen_subcommand_from " + first;
    if (space == std::string::npos) {
      text +=
          fmt::format("complete -c hysteron -n __fish_use_subcommand -a {} -d {}\n", first, fish_quoted(verb.summary));
    } else {
      const std::string second = verb.name.substr(space + 1);
      text += fmt::format("complete -c hysteron -n __fish_use_subcommand -a {}\n", first);
      text += fmt::format("complete -c hysteron -n '{}' -a {} -d {}\n", seen, second, fish_quoted(verb.summary));
      seen += "; and __fish_seen_subcommand_from " + second;
    }
    if (!verb.values.empty())
      text += fmt::format("complete -c hysteron -n '{}' -f -a '{}'\n", seen, fmt::join(verb.values, " "));
    for (const std::string& option : verb.options) {
      const auto values = all.values.find(option);
      const bool some = values != all.values.end() && !values->second.empty();
      text += fmt::format("complete -c hysteron -n '{}' -l {}{}\n", seen, option.substr(2),
                          some                         ? fmt::format(" -x -a '{}'", fmt::join(values->second, " "))
                          : values != all.values.end() ? " -r"
                                                       : "");
    }
  }
  return text;
}

}  // namespace

const std::vector<std::string>& completed_shells() {
  static const std::vector<std::string> shells{"bash", "zsh", "fish"};
  return shells;
}

std::string completion(const Verbs& verbs, const std::string& shell) {
  const Completions all = completions_of(verbs);
  if (shell == "bash") return bash_of(all);
  if (shell == "zsh") return zsh_of(all);
  if (shell == "fish") return fish_of(all);
  throw unknown_name("shell", shell, completed_shells());
}

}  // namespace hysteron
