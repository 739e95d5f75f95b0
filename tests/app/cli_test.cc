// Goal: the command line answers every call with the right exit code, on the right stream.
// Method: RunCli on a tree of commands made here, and on the real one where its help is concerned.
#include "app/cli.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <sstream>

#include "app/commands.h"

namespace rehearse::app {
namespace {

struct Outcome {
  int exit_code;
  std::string out;
  std::string err;
};

Outcome Call(const std::vector<Command>& commands, const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{.out = out, .err = err};
  const int exit_code = RunCli(commands, arguments, terminal);
  return {exit_code, out.str(), err.str()};
}

Command Leaf(std::string name, Run run) {
  return {
      .name = std::move(name), .summary = "a leaf", .add_flags = [run](CLI::App&) { return run; }};
}

// copy [--count N] FILE; fail; house (room)
std::vector<Command> SomeCommands() {
  const auto add_copy_flags = [](CLI::App& app) -> Run {
    const auto count = std::make_shared<int>(1);
    const auto file = std::make_shared<std::string>();
    app.add_option("--count", *count, "how often");
    app.add_option("file", *file, "what")->required();
    return [count, file](Terminal& terminal) -> Result<int> {
      terminal.out << *file << " x" << *count << "\n";
      return kViolated;
    };
  };
  return {
      {.name = "copy",
       .summary = "copies",
       .examples = {"rehearse copy --count 2 a"},
       .add_flags = add_copy_flags},
      Leaf("fail", [](Terminal&) -> Result<int> { return BadInput("f.json: not JSON at byte 6"); }),
      {.name = "house",
       .summary = "has rooms",
       .subcommands = {Leaf("room", [](Terminal&) -> Result<int> { return kRefused; })}}};
}

TEST(CliTest, ACommandRunsWithItsFlagsAndGivesTheExitCode) {
  const Outcome outcome = Call(SomeCommands(), {"copy", "--count", "2", "a"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "a x2\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(Call(SomeCommands(), {"copy", "--count=3", "a"}).out, "a x3\n");
  EXPECT_EQ(Call(SomeCommands(), {"house", "room"}).exit_code, 3);
}

TEST(CliTest, AnErrorIsOneLineThatNamesTheCommand) {
  const Outcome outcome = Call(SomeCommands(), {"fail"});
  EXPECT_EQ(outcome.exit_code, 64);
  EXPECT_EQ(outcome.err, "rehearse fail: f.json: not JSON at byte 6\n");
  EXPECT_EQ(outcome.out, "");
}

TEST(CliTest, WrongUsageIsNamedAndRunsNothing) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "rehearse: a command is needed\ntry 'rehearse --help'\n"},
      {{"cpy"}, "rehearse: unknown command 'cpy'; did you mean 'copy'?\ntry 'rehearse --help'\n"},
      {{"xyzzy"}, "rehearse: unknown command 'xyzzy'\ntry 'rehearse --help'\n"},
      {{"--bogus"}, "rehearse: unknown argument '--bogus'\ntry 'rehearse --help'\n"},
      {{"copy", "--cont=2", "a"},
       "rehearse copy: unknown argument '--cont'; did you mean '--count'?\n"
       "try 'rehearse copy --help'\n"},
      {{"copy", "a", "b"}, "rehearse copy: unknown argument 'b'\ntry 'rehearse copy --help'\n"},
      {{"copy"}, "rehearse copy: file is required\ntry 'rehearse copy --help'\n"},
      {{"house"}, "rehearse house: a command is needed\ntry 'rehearse house --help'\n"},
      {{"house", "rom"},
       "rehearse house: unknown command 'rom'; did you mean 'room'?\n"
       "try 'rehearse house --help'\n"},
  };
  for (const auto& [arguments, message] : cases) {
    const Outcome outcome = Call(SomeCommands(), arguments);
    EXPECT_EQ(outcome.exit_code, 64) << message;
    EXPECT_EQ(outcome.err, message);
    EXPECT_EQ(outcome.out, "");
  }
  EXPECT_EQ(Call(SomeCommands(), {"copy", "--count", "x", "a"}).exit_code, 64);
}

TEST(CliTest, OutputThatCannotBeWrittenIsAnError) {
  std::ostringstream out;
  std::ostringstream err;
  out.setstate(std::ios::badbit);
  Terminal terminal{.out = out, .err = err};
  EXPECT_EQ(RunCli(SomeCommands(), {"house", "room"}, terminal), 70);
  EXPECT_EQ(err.str(), "rehearse house room: cannot write the output\n");
}

TEST(CliTest, EveryErrorCodeHasItsExitCode) {
  EXPECT_EQ(ExitOf(ErrorCode::kInvalidArgument), 64);
  EXPECT_EQ(ExitOf(ErrorCode::kNotFound), 64);
  EXPECT_EQ(ExitOf(ErrorCode::kAlreadyExists), 64);
  EXPECT_EQ(ExitOf(ErrorCode::kConflict), 2);
  EXPECT_EQ(ExitOf(ErrorCode::kForbidden), 2);
  EXPECT_EQ(ExitOf(ErrorCode::kUnavailable), 2);
  EXPECT_EQ(ExitOf(ErrorCode::kOutcomeUnknown), 2);
  EXPECT_EQ(ExitOf(ErrorCode::kFailed), 70);
}

// Every level of the real tree, as the arguments that lead to it.
void ForEachLevel(const std::vector<Command>& commands,
                  const std::vector<std::string>& path,
                  const auto& visit) {
  for (const Command& command : commands) {
    std::vector<std::string> deeper = path;
    deeper.push_back(command.name);
    visit(command, deeper);
    ForEachLevel(command.subcommands, deeper, visit);
  }
}

TEST(HelpTest, EveryLevelHasExamplesAndTheExitCodes) {
  std::set<std::string> seen;
  ForEachLevel(AllCommands(), {}, [&](const Command& command, std::vector<std::string> path) {
    std::string name = "rehearse";
    for (const std::string& word : path) {
      name += " " + word;
    }
    EXPECT_TRUE(seen.insert(name).second) << name << " stands twice";
    EXPECT_FALSE(command.summary.empty()) << name;
    EXPECT_NE(static_cast<bool>(command.add_flags), !command.subcommands.empty()) << name;
    EXPECT_FALSE(command.add_flags && command.examples.empty()) << name << " has no example";
    for (const std::string& example : command.examples) {
      EXPECT_NE(example.find(name), std::string::npos) << example;
    }
    path.emplace_back("--help");
    const Outcome help = Call(AllCommands(), path);
    EXPECT_EQ(help.exit_code, 0) << name;
    EXPECT_NE(help.out.find("Exit codes:\n  0   holds"), std::string::npos) << name;
    EXPECT_NE(help.out.find("Usage: " + name), std::string::npos) << name;
  });
  EXPECT_NE(Call(AllCommands(), {"--help"}).out.find("Exit codes:"), std::string::npos);
}

TEST(HelpTest, VersionCountsTheLaws) {
  const Outcome outcome = Call(AllCommands(), {"--version"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, VersionText() + "\n");
  EXPECT_EQ(outcome.out.find("rehearse "), 0U);
  EXPECT_NE(outcome.out.find(" measured, "), std::string::npos);
}

TEST(CompletionTest, EveryShellIsToldEveryCommandAndFlag) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Outcome outcome = Call(AllCommands(), {"completion", shell});
    EXPECT_EQ(outcome.exit_code, 0);
    ForEachLevel(AllCommands(), {}, [&](const Command& command, const std::vector<std::string>&) {
      EXPECT_NE(outcome.out.find(command.name), std::string::npos) << shell << command.name;
    });
    EXPECT_NE(outcome.out.find(shell == std::string("fish") ? "-l basis" : "--basis"),
              std::string::npos)
        << shell;
  }
  EXPECT_EQ(Call(AllCommands(), {"completion", "tcsh"}).exit_code, 64);
}

TEST(PropertiesCommandTest, NamesKindAndSource) {
  const std::string text = Call(AllCommands(), {"properties"}).out;
  EXPECT_EQ(text.rfind("always\n", 0), 0U);
  EXPECT_NE(text.find("\neventually\n"), std::string::npos);
  EXPECT_NE(text.find("\nsometimes\n"), std::string::npos);
  EXPECT_NE(text.find("  RocksMQ is never shared by two pods\n    simulator/checkers/rocksmq.cc\n"),
            std::string::npos);
}

TEST(LawsCommandTest, FormatsAgreeOnTheNumberOfLaws) {
  const std::string text = Call(AllCommands(), {"laws"}).out;
  const std::string counts = text.substr(0, text.find('\n'));
  EXPECT_NE(counts.find(" laws: "), std::string::npos);
  EXPECT_NE(Call(AllCommands(), {"laws", "--format", "markdown"}).out.find(counts),
            std::string::npos);
  EXPECT_EQ(Call(AllCommands(), {"laws", "--format", "xml"}).exit_code, 64);
  EXPECT_EQ(Call(AllCommands(), {"laws", "--basis", "read"}).out.find("(measured)"),
            std::string::npos);
}

}  // namespace
}  // namespace rehearse::app
