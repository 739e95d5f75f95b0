// app/command.h: what a subcommand is, and the exit codes that all of them share.
//
// Shape:  one file per subcommand; it exposes `Command XxxCommand()`, declared in app/commands.h
// and
//         listed in app/commands.cc. `add_flags` declares the flags on its CLI::App and returns
//         what to run once they are parsed; the flags' values live in what that function captures.
// Errors: a Run that fails says so as an Error: app/cli.cc prints `rehearse NAME: message` on
// stderr
//         and ExitOf gives the exit code. No subcommand prints its own errors or calls exit.
// Wraps:  CLI11; no other file includes it, and its exceptions are caught in app/cli.cc alone.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "app/terminal.h"
#include "model/core/result.h"

namespace rehearse::app {

enum ExitCode : int {
  kHolds = 0,      // what was asked holds, or is done
  kViolated = 1,   // a property is violated, or model and live disagree
  kUnknown = 2,    // not decided: a bound was hit, or something could not be known
  kRefused = 3,    // there is no allowed path
  kUsage = 64,     // wrong usage or bad input; nothing was written
  kInternal = 70,  // a defect of this program, or of the machine it runs on
};

// The exit code of an error that no command has turned into a verdict.
int ExitOf(ErrorCode code);

using Run = std::function<Result<int>(Terminal&)>;

struct Command {
  std::string name;
  std::string summary;                           // one line, lower case, no full stop
  std::vector<std::string> examples = {};        // whole command lines, shown by --help
  std::function<Run(CLI::App&)> add_flags = {};  // empty where there are subcommands
  std::vector<Command> subcommands = {};
};

}  // namespace rehearse::app
