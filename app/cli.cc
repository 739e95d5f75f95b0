#include "app/cli.h"

#include <algorithm>
#include <numeric>

#include "model/core/law.h"

namespace rehearse::app {
namespace {

constexpr const char* kExitCodes =
    "Exit codes:\n"
    "  0   holds, or done\n"
    "  1   violated, or model and live disagree\n"
    "  2   unknown: a bound was hit, or something could not be known\n"
    "  3   refused: there is no allowed path\n"
    "  64  wrong usage or bad input\n"
    "  70  internal error";

struct Leaf {
  CLI::App* app;
  Run run;
};

std::string FooterOf(const Command& command) {
  std::string footer;
  if (!command.examples.empty()) {
    footer = "Examples:\n";
    for (const std::string& example : command.examples) {
      footer += "  " + example + "\n";
    }
    footer += "\n";
  }
  return footer + kExitCodes;
}

void AddCommand(const Command& command, CLI::App& parent, std::vector<Leaf>& leaves) {
  CLI::App* app = parent.add_subcommand(command.name, command.summary);
  app->footer(FooterOf(command));
  if (command.add_flags) {
    leaves.push_back({app, command.add_flags(*app)});
  }
  for (const Command& subcommand : command.subcommands) {
    AddCommand(subcommand, *app, leaves);
  }
  if (!command.subcommands.empty()) {
    app->require_subcommand(1);
  }
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// The nearest of the names, or empty where none is near (more than a third of it is different).
std::string Nearest(std::string_view word, const std::vector<std::string>& names) {
  std::string best;
  std::size_t best_distance = word.size() / 3 + 1;
  for (const std::string& name : names) {
    const std::size_t distance = EditDistance(word, name);
    if (distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

std::vector<std::string> SubcommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(subcommand->get_name());
  }
  return names;
}

std::vector<std::string> FlagNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

// How far the arguments lead into the tree of commands, and the word that leads nowhere.
struct Place {
  const CLI::App* app;
  std::string path;
  std::string stray;
};

Place FollowCommands(const CLI::App& root, const std::vector<std::string>& arguments) {
  Place place{&root, root.get_name(), ""};
  for (const std::string& argument : arguments) {
    const auto names = SubcommandNames(*place.app);
    if (names.empty() || argument.starts_with("-")) {
      continue;
    }
    if (std::ranges::find(names, argument) == names.end()) {
      place.stray = argument;
      return place;
    }
    place.app = place.app->get_subcommand(argument);
    place.path += " " + argument;
  }
  return place;
}

int PrintUsageError(const Place& place, const std::string& message, Terminal& terminal) {
  terminal.err << place.path << ": " << message << "\n"
               << "try '" << place.path << " --help'\n";
  return kUsage;
}

std::string Unknown(const char* what, const std::string& word, const std::string& nearest) {
  return std::string("unknown ") + what + " '" + word + "'" +
         (nearest.empty() ? "" : "; did you mean '" + nearest + "'?");
}

int ReportParseError(const CLI::App& root,
                     const std::vector<std::string>& arguments,
                     const CLI::ParseError& error,
                     Terminal& terminal) {
  const Place place = FollowCommands(root, arguments);
  const auto subcommands = SubcommandNames(*place.app);
  if (!place.stray.empty()) {
    return PrintUsageError(
        place, Unknown("command", place.stray, Nearest(place.stray, subcommands)), terminal);
  }
  const std::vector<std::string> extras = root.remaining(true);
  if (!extras.empty()) {
    const std::string word = extras.front().substr(0, extras.front().find('='));
    return PrintUsageError(
        place, Unknown("argument", word, Nearest(word, FlagNames(*place.app))), terminal);
  }
  if (!subcommands.empty()) {
    return PrintUsageError(place, "a command is needed", terminal);
  }
  return PrintUsageError(place, error.what(), terminal);
}

std::string PathOf(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : PathOf(*parent) + " " + app.get_name();
}

int RunLeaf(const Leaf& leaf, Terminal& terminal) {
  const Result<int> exit_code = leaf.run(terminal);
  terminal.out.flush();
  if (!exit_code) {
    terminal.err << PathOf(*leaf.app) << ": " << exit_code.error().message << "\n";
    return ExitOf(exit_code.error().code);
  }
  if (!terminal.out) {
    terminal.err << PathOf(*leaf.app) << ": cannot write the output\n";
    return kInternal;
  }
  return *exit_code;
}

}  // namespace

int ExitOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists:
      return kUsage;
    case ErrorCode::kConflict:
    case ErrorCode::kForbidden:
    case ErrorCode::kUnavailable:
    case ErrorCode::kOutcomeUnknown:
      return kUnknown;
    case ErrorCode::kFailed:
      return kInternal;
  }
  return kInternal;
}

std::string VersionText() {
  LawSet all;
  for (std::size_t i = 0; i < kLawCount; ++i) {
    all.Add(static_cast<Law>(i));
  }
  return "rehearse " REHEARSE_VERSION " (laws of the model: " + std::to_string(kLawCount) + ", " +
         std::to_string(all.Count(Basis::kMeasured)) + " measured, " +
         std::to_string(all.Count(Basis::kRead)) + " read, " +
         std::to_string(all.Count(Basis::kAssumed)) + " assumed)";
}

int RunCli(const std::vector<Command>& commands,
           const std::vector<std::string>& arguments,
           Terminal& terminal) {
  CLI::App root(
      "Rehearses an upgrade of Milvus on Helm: plans it, runs it on a simulated cluster "
      "made from a capture of yours, and judges what is left.",
      "rehearse");
  root.set_version_flag("--version", VersionText());
  root.footer(FooterOf({.name = "",
                        .summary = "",
                        .examples = {"rehearse demo",
                                     "rehearse plan --from CAPTURE_DIR --to latest",
                                     "rehearse run --from CAPTURE_DIR --to 2.2.16"}}));
  root.require_subcommand(1);
  std::vector<Leaf> leaves;
  for (const Command& command : commands) {
    AddCommand(command, root, leaves);
  }
  try {
    root.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    terminal.out << root.help() << std::flush;
    return kHolds;
  } catch (const CLI::CallForVersion&) {
    terminal.out << VersionText() << "\n" << std::flush;
    return kHolds;
  } catch (const CLI::ParseError& error) {
    return ReportParseError(root, arguments, error, terminal);
  }
  const auto parsed =
      std::ranges::find_if(leaves, [](const Leaf& leaf) { return leaf.app->parsed(); });
  return parsed == leaves.end() ? static_cast<int>(kInternal) : RunLeaf(*parsed, terminal);
}

}  // namespace rehearse::app
