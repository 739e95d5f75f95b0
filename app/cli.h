// app/cli.h: the command line: arguments in, exit code out.
//
// Shape:      reads no clock and no environment, so tests call it as main does.
// Errors:     wrong usage prints one line that names the command and the word, and one line with a
//             hint, and returns kUsage; it has then run nothing.
// Invariants: --help works at every level and ends with the table of exit codes.
#pragma once

#include <string>
#include <vector>

#include "app/command.h"

namespace rehearse::app {

// `arguments` without the program's name.
int RunCli(const std::vector<Command>& commands,
           const std::vector<std::string>& arguments,
           Terminal& terminal);

// "rehearse 0.1.0" and the number of laws by basis.
std::string VersionText();

}  // namespace rehearse::app
