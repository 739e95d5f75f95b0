// app/commands.h: every subcommand, in the order in which --help lists them.
#pragma once

#include <vector>

#include "app/command.h"

namespace rehearse::app {

Command ImportCommand();
Command PlanCommand();
Command RunCommand();
Command DemoCommand();
Command PredictCommand();
Command MigrateMetaCommand();
Command ViewCommand();
Command DiffMetaCommand();
Command CheckCommand();
Command ReplayCommand();
Command LintCommand();
Command MergeCommand();
Command MatrixCommand();
Command CaptureCommand();
Command LiveCommand();
Command ConformCommand();
Command FidelityCommand();
Command LawsCommand();
Command PropertiesCommand();
Command CompletionCommand();

std::vector<Command> AllCommands();

}  // namespace rehearse::app
