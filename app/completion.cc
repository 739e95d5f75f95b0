#include <memory>

#include "app/commands.h"

// The scripts are written from the tree of commands itself, so they can't fall behind it. They
// complete commands and flags; a flag's value is completed as a file name.
namespace rehearse::app {
namespace {

struct Words {
  std::string path;  // "rehearse live up"
  std::vector<std::string> commands;
  std::vector<std::string> flags;
};

void Collect(const CLI::App& app, const std::string& path, std::vector<Words>& all) {
  Words words{path, {}, {}};
  const auto subcommands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* subcommand : subcommands) {
    words.commands.push_back(subcommand->get_name());
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      words.flags.push_back("--" + name);
    }
  }
  all.push_back(std::move(words));
  for (const CLI::App* subcommand : subcommands) {
    Collect(*subcommand, path + " " + subcommand->get_name(), all);
  }
}

std::string Join(const std::vector<std::string>& parts) {
  std::string joined;
  for (const std::string& part : parts) {
    joined += (joined.empty() ? "" : " ") + part;
  }
  return joined;
}

// The body that bash and zsh share: `path` is grown while it names commands.
std::string CasesOf(const std::vector<Words>& all) {
  std::string cases;
  for (const Words& words : all) {
    cases += "    '" + words.path + "') commands='" + Join(words.commands) + "' flags='" +
             Join(words.flags) + "' ;;\n";
  }
  return cases;
}

std::string Bash(const std::vector<Words>& all) {
  return "# bash completion of rehearse: eval \"$(rehearse completion bash)\"\n"
         "_rehearse_words() {\n"
         "  commands='' flags=''\n"
         "  case \"$1\" in\n" +
         CasesOf(all) +
         "  esac\n"
         "}\n"
         "_rehearse() {\n"
         "  local path=rehearse word commands flags index\n"
         "  local current=${COMP_WORDS[COMP_CWORD]}\n"
         "  _rehearse_words \"$path\"\n"
         "  for ((index = 1; index < COMP_CWORD; index++)); do\n"
         "    word=${COMP_WORDS[index]}\n"
         "    if [[ \" $commands \" == *\" $word \"* ]]; then\n"
         "      path=\"$path $word\"\n"
         "      _rehearse_words \"$path\"\n"
         "    fi\n"
         "  done\n"
         "  if [[ $current == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$flags\" -- \"$current\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -W \"$commands\" -- \"$current\"))\n"
         "  fi\n"
         "}\n"
         "complete -o default -F _rehearse rehearse\n";
}

std::string Zsh(const std::vector<Words>& all) {
  return "#compdef rehearse\n"
         "# zsh completion of rehearse: eval \"$(rehearse completion zsh)\"\n"
         "_rehearse_words() {\n"
         "  commands='' flags=''\n"
         "  case \"$1\" in\n" +
         CasesOf(all) +
         "  esac\n"
         "}\n"
         "_rehearse() {\n"
         "  local path=rehearse word commands flags\n"
         "  _rehearse_words \"$path\"\n"
         "  for word in ${words[2,CURRENT-1]}; do\n"
         "    if [[ \" $commands \" == *\" $word \"* ]]; then\n"
         "      path=\"$path $word\"\n"
         "      _rehearse_words \"$path\"\n"
         "    fi\n"
         "  done\n"
         "  if [[ ${words[CURRENT]} == -* ]]; then\n"
         "    compadd -- ${=flags}\n"
         "  elif [[ -n $commands ]]; then\n"
         "    compadd -- ${=commands}\n"
         "  else\n"
         "    _files\n"
         "  fi\n"
         "}\n"
         "compdef _rehearse rehearse\n";
}

std::string Fish(const std::vector<Words>& all) {
  std::string text =
      "# fish completion of rehearse: rehearse completion fish | source\n"
      "complete -c rehearse -n __fish_use_subcommand -f\n";
  for (const Words& words : all) {
    const std::size_t space = words.path.find(' ');
    std::string condition = "__fish_use_subcommand";
    if (space != std::string::npos) {
      condition = "__fish_seen_subcommand_from " + words.path.substr(words.path.rfind(' ') + 1);
    }
    for (const std::string& command : words.commands) {
      text += "complete -c rehearse -n '" + condition + "' -f -a " + command + "\n";
    }
    for (const std::string& flag : words.flags) {
      text += "complete -c rehearse -n '" + condition + "' -l " + flag.substr(2) + "\n";
    }
  }
  return text;
}

}  // namespace

Command CompletionCommand() {
  return {
      .name = "completion",
      .summary = "print a completion script for a shell",
      .examples = {"eval \"$(rehearse completion bash)\"",
                   "rehearse completion fish > ~/.config/fish/completions/rehearse.fish"},
      .add_flags = [](CLI::App& app) -> Run {
        const auto shell = std::make_shared<std::string>();
        app.add_option("shell", *shell, "bash, zsh or fish")
            ->required()
            ->check(CLI::IsMember({"bash", "zsh", "fish"}));
        return [shell, &app](Terminal& terminal) -> Result<int> {
          std::vector<Words> all;
          Collect(*app.get_parent(), "rehearse", all);
          terminal.out << (*shell == "bash" ? Bash(all) : *shell == "zsh" ? Zsh(all) : Fish(all));
          return kHolds;
        };
      }};
}

}  // namespace rehearse::app
