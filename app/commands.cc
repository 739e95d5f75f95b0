#include "app/commands.h"

namespace rehearse::app {

std::vector<Command> AllCommands() {
  return {
      ImportCommand(),   PlanCommand(),        RunCommand(),        DemoCommand(),
      PredictCommand(),  MigrateMetaCommand(), ViewCommand(),       DiffMetaCommand(),
      CheckCommand(),    ReplayCommand(),      LintCommand(),       MergeCommand(),
      MatrixCommand(),   CaptureCommand(),     LiveCommand(),       ConformCommand(),
      FidelityCommand(), LawsCommand(),        PropertiesCommand(), CompletionCommand(),
  };
}

}  // namespace rehearse::app
