#include "app/commands.h"

namespace rehearse::app {

std::vector<Command> AllCommands() {
  return {
      LawsCommand(),
      CompletionCommand(),
  };
}

}  // namespace rehearse::app
