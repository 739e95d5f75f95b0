// app/main.cc: the composition root: the process's arguments, streams and last resort.
#include <exception>

#include "app/cli.h"
#include "app/commands.h"

int main(int argc, char** argv) {
  rehearse::app::Terminal terminal = rehearse::app::StandardTerminal();
  try {
    return rehearse::app::RunCli(
        rehearse::app::AllCommands(), std::vector<std::string>(argv + 1, argv + argc), terminal);
  } catch (const std::exception& error) {
    terminal.err << "rehearse: internal error: " << error.what() << "\n";
    return rehearse::app::kInternal;
  }
}
